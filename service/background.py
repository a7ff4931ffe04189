"""Verifies the corpus beside a running service, in a process of its own at the lowest priority."""

import shutil
import subprocess
import sys
from collections.abc import Sequence

from corpus.entry import Entry
from service.verify import Verifier

STOP_SECONDS = 10.0


class Verification:
    """``torchtutor verify`` as a child process; what it finds arrives in the shared database."""

    def __init__(self, entries: Sequence[Entry], verifier: Verifier) -> None:
        self._entries = entries
        self._verifier = verifier
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it where a snippet has no verdict yet."""
        if self.not_run_yet():
            command = [sys.executable, "-m", "service", "verify", "--quiet"]
            nice = shutil.which("nice")
            lowest = [nice, "-n", "19"] if nice else []
            self._process = subprocess.Popen([*lowest, *command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def not_run_yet(self) -> int:
        """How many snippets have no stored verdict."""
        return self._verifier.stale(self._entries)

    def stop(self) -> None:
        """End it, where it still runs."""
        if self._process is not None and self.running:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
