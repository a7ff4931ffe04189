"""An attack as data, and the arena it is run in: a real sandbox among things that it must not reach.

After each attack :meth:`Arena.check` looks for its traces: processes, files, connections, secrets, a broken sandbox.
"""

import hashlib
import os
import secrets
import socket
import tempfile
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from service.sandbox import Limits, Program, Sandbox, Verdict
from service.sandbox.processes import descendants

LIMITS = Limits(seconds=40, memory_mb=1024, processes=16, output_kb=16, files_mb=8)
"""Generous in time, so that on a busy machine, too, it is the limit in question that ends an attack."""
BRIEF = Limits(seconds=1.5, memory_mb=1024, processes=16, output_kb=16, files_mb=8)
"""For what only the time limit can end."""
GONE_SECONDS = 60.0


@dataclass(frozen=True)
class Attack:
    """Hostile code, and how it must end.

    Args:
        status: the verdict's, or several of which the machine's kernel or speed picks one.
        says: must stand in the output or the error, as the reason.
        prints: all of the standard output, where that matters.
    """

    name: str
    code: str
    status: str | tuple[str, ...] = "passed"
    says: str = ""
    prints: str | None = None
    limits: Limits = field(default=LIMITS)

    def __str__(self) -> str:
        return self.name


class Arena:
    """A sandbox, and around it files, listeners and a secret."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        # not below pytest's own folder, which is closed to others anyway
        folder = self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(dir="/var/tmp")))
        self.secret = f"canary-{secrets.token_hex(8)}"
        self.files = [folder / name for name in (".env", "id_ed25519", "tutor.sqlite3", "world-readable")]
        for path in self.files:
            path.write_text(self.secret)
        self.files[-1].chmod(0o666)
        folder.chmod(0o777)
        self._as_made = self._state()
        os.environ["TUTOR_SECRET_KEY"] = self.secret
        self._stack.callback(os.environ.pop, "TUTOR_SECRET_KEY")
        self.tcp = self._listener(socket.AF_INET, ("0.0.0.0", 0))
        self.unix = self._listener(socket.AF_UNIX, str(folder / "host.sock"))
        self.abstract = self._listener(socket.AF_UNIX, f"\0{self.secret}-name"[:20])
        self.udp = self._stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.udp.bind(("0.0.0.0", 0))
        self.sandbox = Sandbox(runs_a_template=100_000)
        self._stack.callback(self.sandbox.close)
        self.sandbox.start()
        self._wait_until_prepared()

    def _listener(self, family: int, address: object) -> socket.socket:
        made = self._stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
        made.bind(address)
        made.listen()
        return made

    def _wait_until_prepared(self) -> None:
        """The template's own child, which gets ready for torch.compile, is not to be taken for an attack's."""
        deadline = time.monotonic() + 120
        while self.run("import os; print('going-on' in os.listdir('/prepared'))").stdout != "False\n":
            assert time.monotonic() < deadline, "the template's preparations do not end"
            time.sleep(1)
        time.sleep(1)
        self._template = self.processes()

    def close(self) -> None:
        self._stack.close()

    def processes(self) -> set[int]:
        """The templates of this process, and all below them."""
        found = set()
        for child in Path("/proc/self/task").glob("*/children"):
            for pid in map(int, child.read_text().split()):
                if b"/sandbox" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found |= {pid, *descendants(pid)}
        return found

    def run(self, code: str, limits: Limits = LIMITS, stdin: str = "") -> Verdict:
        return self.sandbox.run(Program(code, stdin=stdin), limits)

    def endure(self, attack: Attack) -> Verdict:
        """Run it; it must end as stated and leave no trace."""
        verdict = self.run(attack.code, attack.limits)
        expected = (attack.status,) if isinstance(attack.status, str) else attack.status
        assert verdict.status in expected, verdict
        error = f"{verdict.error.type}: {verdict.error.message}" if verdict.error else ""
        assert attack.says in f"{verdict.stdout}\n{verdict.stderr}\n{error}", verdict
        if attack.prints is not None:
            assert verdict.stdout == attack.prints, verdict
        self.check(verdict)
        return verdict

    def check(self, verdict: Verdict) -> None:
        """No process left, no new template, no file touched, no connection, no secret told; the next run works."""
        deadline = time.monotonic() + GONE_SECONDS
        while (now := self.processes()) != self._template and time.monotonic() < deadline:
            time.sleep(0.02)
        assert now == self._template, f"processes that are new or gone: {now ^ self._template}"
        assert self._state() == self._as_made, "a file of the host was touched"
        assert self._reached() == [], "the host was reached"
        assert self.secret not in repr(verdict), "a secret was told"
        after = self.run("import torch\nprint(6 * 7, torch.ones(2).sum().item())")
        assert (after.status, after.stdout, after.stderr) == ("passed", "42 2.0\n", ""), after

    def _state(self) -> str:
        """A digest of all that could change in the folder."""
        digest = hashlib.sha256()
        for path in sorted(self.folder.rglob("*")):
            if not path.is_socket():
                status = path.stat()
                digest.update(f"{path} {status.st_mode} {status.st_size} {status.st_mtime_ns}".encode())
        return digest.hexdigest()

    def _reached(self) -> list[str]:
        """The listeners to which something came."""
        found = []
        for listener in (self.tcp, self.unix, self.abstract):
            listener.setblocking(False)
            with suppress(BlockingIOError):
                listener.accept()
                found.append(str(listener.getsockname()))
        self.udp.setblocking(False)
        with suppress(BlockingIOError):
            self.udp.recv(1)
            found.append("udp")
        return found
