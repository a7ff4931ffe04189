"""The installed torch's version, read without importing it."""

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path


@cache
def torch_version() -> str:
    """torch's ``__version__``, ``"2.13.0+cpu"``."""
    spec = find_spec("torch")
    assert spec is not None, "torch is a dependency of torchtutor"
    assert spec.origin is not None, "torch is a package on disk"
    text = Path(spec.origin).with_name("version.py").read_text(encoding="utf-8")
    match = re.search(r"^__version__ = '(.+)'$", text, re.MULTILINE)
    assert match is not None, "torch/version.py states __version__"
    return match[1]
