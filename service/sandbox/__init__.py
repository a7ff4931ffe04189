"""Run code, trust nothing: ``run(Program(code), Limits()) -> Verdict``.

Each run is a bubblewrap process without network, with the host's files read-only, an empty environment and limits on
time, memory, processes, output and files. Not promised in this form: that a program which sets out to forge its own
verdict fails, and that a limit is kept to better than the watch's interval.
"""

from service.sandbox.isolation import Isolation, isolation
from service.sandbox.limits import Limits
from service.sandbox.program import Program
from service.sandbox.runner import run
from service.sandbox.torch_version import torch_version
from service.sandbox.verdict import Artifact, SnippetError, Verdict

__all__ = ["Artifact", "Isolation", "Limits", "Program", "SnippetError", "Verdict", "isolation", "run", "torch_version"]
