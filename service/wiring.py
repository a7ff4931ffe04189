"""The only place that picks real parts."""

import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from corpus.entry import Entry
from corpus.errors import TutorError
from corpus.reading import BUNDLED, read_entries
from index.retriever import Retriever
from index.store import index_fault, open_index
from service.background import Verification
from service.memory import Memory
from service.sandbox import Sandbox
from service.settings import Settings
from service.tutor import Tutor
from service.verify import Verifier


class IndexNotBuilt(TutorError):
    """The index could not be built; what the build printed says why."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that the channels need, put together."""

    tutor: Tutor
    verifier: Verifier
    memory: Memory
    verification: Verification
    sandbox: Sandbox

    def close(self) -> None:
        """Let go of what they hold."""
        self.verification.stop()
        self.sandbox.close()
        self.memory.close()


def build_tutor(
    settings: Settings,
    *,
    entries: Sequence[Entry] | None = None,
    retriever: Retriever | None = None,
    sandbox: Sandbox | None = None,
    memory: Memory | None = None,
) -> Parts:
    """Put the tutor together; each part given takes the place of the real one.

    Raises:
        CorpusError, IndexUnusable, MemoryUnusable: a real part cannot be used; each says why.
    """
    entries = corpus_entries() if entries is None else entries
    retriever = retriever or open_index(entries, settings.index_folder, model=settings.embedding_model)
    memory = memory or Memory(settings.database)
    sandbox = sandbox or make_sandbox(settings)
    verifier = Verifier(memory, sandbox.run)
    stopped = threading.Event()
    later = Verifier(memory, partial(sandbox.run, background=True, cancelled=stopped.is_set))
    return Parts(
        tutor=Tutor(entries, retriever, verifier, memory),
        verifier=verifier,
        memory=memory,
        verification=Verification(entries, later, stopped),
        sandbox=sandbox,
    )


def make_sandbox(settings: Settings, *, preload: bool = True) -> Sandbox:
    """The sandbox as the settings want it; without ``preload`` each run is slower and the first one sooner."""
    return Sandbox(
        slots=settings.run_slots,
        allow_incomplete=settings.run_unisolated,
        hidden=(settings.home, Path(".env")),
        preload=preload,
    )


def corpus_entries() -> tuple[Entry, ...]:
    """The entries to serve: all that are no drafts."""
    return tuple(entry for entry in read_entries(BUNDLED) if not entry.draft)


def ensure_index(settings: Settings, entries: Sequence[Entry], report: Callable[[str], None]) -> None:
    """Build the index where it is missing or does not fit, in a process of its own: building needs torch, serving not.

    Raises:
        IndexNotBuilt: the build failed.
    """
    reason = index_fault(entries, settings.index_folder, model=settings.embedding_model)
    if reason is not None:
        report(f"Building the index: {reason}.")
        build = subprocess.run([sys.executable, "-m", "service", "index", "build"], check=False)
        if build.returncode != 0:
            raise IndexNotBuilt(f"the index could not be built ({reason}); see the messages above")
