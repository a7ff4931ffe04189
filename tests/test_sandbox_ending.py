"""What becomes of the sandbox's processes when the service that started them is killed: none of them stays."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from service.sandbox import Isolation, isolation, template
from service.sandbox.processes import descendants
from service.sandbox.template import Template

pytestmark = pytest.mark.integration

GONE_SECONDS = 60
RUNNING = """
from service.sandbox import Limits, Program, Sandbox
code = "import subprocess, time\\nsubprocess.Popen(['sleep', '900'])\\nprint('runs', flush=True)\\ntime.sleep(900)"
tell = lambda stream, text: print(text, flush=True)
Sandbox(preload=False).run(Program(code), Limits(seconds=900), on_output=tell)
"""
PRELOADING = "from inside import template; import time; template._preload = lambda: time.sleep(900)"
"""Put before a template's own beginning: its imports take for ever."""


@pytest.fixture(scope="module")
def whole() -> Isolation:
    found = isolation()
    if found.mode != "namespaces":
        pytest.skip(f"this machine has no namespaces: {found.name}")
    return found


@pytest.fixture
def service(whole: Isolation) -> Iterator["subprocess.Popen[str]"]:
    """A process in whose sandbox a program runs."""
    with subprocess.Popen([sys.executable, "-c", RUNNING], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "runs\n"
        yield process
        process.kill()


def left_of(pids: list[int]) -> list[int]:
    """Those that have not ended after a while."""
    deadline = time.monotonic() + GONE_SECONDS
    while (left := [pid for pid in pids if runs(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def runs(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


def test_program_ends_with_the_service_that_is_killed(service: "subprocess.Popen[str]") -> None:
    processes = list(descendants(service.pid))
    assert len(processes) >= 4  # bubblewrap, the template, the program's own first process, the program
    service.kill()
    service.wait()
    assert left_of(processes) == []


def test_template_that_still_imports_ends_once_nobody_wants_it(
    whole: Isolation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(template, "_START", template._START.replace("from inside import template", PRELOADING))
    with closing(Template(whole)) as made:
        deadline = time.monotonic() + GONE_SECONDS
        while not (processes := list(descendants(made.pid))) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert processes
        made._control.close()  # what the kernel does when the service is killed
        assert left_of([made.pid, *processes]) == []
