"""Verifies the corpus beside a running service: one snippet at a time, after everybody else."""

import threading
from collections.abc import Sequence

from corpus.entry import Entry
from service.verify import Verifier

STOP_SECONDS = 10.0


class Verification:
    """Gives every snippet its verdict, in a thread.

    Args:
        verifier: runs in the background and stops a run once ``stopped`` is set.
        stopped: set when the service ends.
    """

    def __init__(self, entries: Sequence[Entry], verifier: Verifier, stopped: threading.Event) -> None:
        self._entries = entries
        self._verifier = verifier
        self._stopped = stopped
        self._thread = threading.Thread(target=self._work, name="verification", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def not_run_yet(self) -> int:
        """How many snippets have no stored verdict."""
        return self._verifier.stale(self._entries)

    def cancel(self) -> None:
        """Let it end, with the snippet that it runs."""
        self._stopped.set()

    def stop(self) -> None:
        """Wait until it has ended."""
        self.cancel()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def _work(self) -> None:
        for entry in self._entries:
            for snippet in entry.snippets():
                if self._stopped.is_set():
                    return
                self._verifier.check(snippet)
