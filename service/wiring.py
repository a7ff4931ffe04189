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
from corpus.reading import BUNDLED, bundled_ids, read_entries
from index.encoder import Encoder, HashingEncoder
from index.retriever import HybridRetriever, Retriever
from index.store import index_fault, open_index
from service.background import Verification
from service.grounding import Grounding
from service.guarding import Allowance, Allowed, LanguageModelState, Prices, Rest
from service.language_model import LanguageModel
from service.memory import Memory
from service.metrics import Metrics
from service.model_wording import ModelWording, Programs
from service.rewriting import ModelRewriter, Rewriter
from service.sandbox import Limits, Sandbox
from service.settings import Settings
from service.tutor import Tutor
from service.verify import Run, Verifier
from service.wording import LessonWording, Wording


class IndexNotBuilt(TutorError):
    """The index could not be built; what the build printed says why."""


class CollectionTaken(TutorError):
    """A folder holds entries of a collection that is not its own."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that the channels need, put together."""

    tutor: Tutor
    retriever: Retriever
    verifier: Verifier
    memory: Memory
    verification: Verification
    sandbox: Sandbox
    metrics: Metrics
    language_model: LanguageModelState

    def close(self) -> None:
        """Let go of what they hold."""
        self.verification.cancel()
        self.sandbox.close()  # before the wait: the verification may itself wait for a template that gets ready
        self.verification.stop()
        self.memory.close()


def build_tutor(
    settings: Settings,
    *,
    entries: Sequence[Entry] | None = None,
    retriever: Retriever | None = None,
    sandbox: Sandbox | None = None,
    memory: Memory | None = None,
    model: LanguageModel | None = None,
) -> Parts:
    """Put the tutor together; each part given takes the place of the real one.

    Raises:
        CorpusError, CollectionTaken, IndexUnusable, MemoryUnusable, ModelUnusable: a real part cannot be used; each
            says why.
    """
    entries = corpus_entries(settings) if entries is None else entries
    retriever = retriever or open_index(entries, settings.index_folder, model=settings.embedding_model)
    memory = memory or Memory(settings.database)
    metrics = Metrics()
    model = model or make_model(settings)
    encoder = retriever.encoder if isinstance(retriever, HybridRetriever) else HashingEncoder()
    retriever = metrics.timed(retriever)
    sandbox = metrics.counted(sandbox or make_sandbox(settings))
    verifier = build_verifier(settings, memory, sandbox.run)
    metrics.measure_corpus(entries, verifier)
    stopped = threading.Event()
    later = build_verifier(settings, memory, partial(sandbox.run, background=True, cancelled=stopped.is_set))
    rest = Rest()
    speech = _speech(settings, model, verifier, sandbox.run, encoder, metrics, rest)
    return Parts(
        tutor=Tutor(entries, retriever, verifier, memory, sandbox.run, learners_limits(settings), *speech),
        retriever=retriever,
        verifier=verifier,
        memory=memory,
        verification=Verification(entries, later, stopped),
        sandbox=sandbox,
        metrics=metrics,
        language_model=LanguageModelState(model.name if model else None, rest),
    )


def _speech(
    settings: Settings,
    model: LanguageModel | None,
    verifier: Verifier,
    run: Run,
    encoder: Encoder,
    metrics: Metrics,
    rest: Rest,
) -> tuple[Wording, Rewriter | None]:
    """What words answers and spells out follow-ups: ``model``, or where there is none the lessons and the rules."""
    lessons = LessonWording(verifier)
    if model is None:
        return lessons, None
    model, allowance = metrics.counted_model(model), make_allowance(settings)
    wording = ModelWording(
        model,
        lessons,
        Grounding(encoder),
        verifier.stored,
        Programs(run, learners_limits(settings)),
        allowance=allowance,
        rest=rest,
        on_fallback=metrics.fell_back,
    )
    seconds = settings.llm_rewrite_seconds
    return wording, ModelRewriter(model, allowance, rest, seconds) if seconds else None


def make_model(settings: Settings) -> LanguageModel | None:
    """The language model that is configured, or ``None``.

    Raises:
        ModelUnusable: it cannot be set up.
    """
    if settings.llm is None:
        return None
    from service.llm import Address, ChatModel  # takes half a second that a service without a model need not wait for

    return ChatModel(
        Address(
            settings.llm,
            settings.llm_base_url,
            settings.llm_api_key,
            silence=settings.llm_silence_seconds,
        )
    )


def make_allowance(settings: Settings) -> Allowance:
    """What the language model may be used for."""
    reply = Allowed(
        settings.llm_prompt_tokens, settings.llm_answer_tokens, settings.llm_seconds, settings.llm_reply_cost
    )
    prices = Prices(*settings.llm_prices) if settings.llm_prices else None
    tokens = None if settings.llm_key_tokens == "off" else settings.llm_key_tokens
    return Allowance(reply, prices=prices, tokens=tokens, cost=settings.llm_key_cost)


def make_sandbox(settings: Settings, *, preload: bool = True) -> Sandbox:
    """The sandbox as the settings want it; without ``preload`` each run is slower and the first one sooner."""
    return Sandbox(
        slots=settings.run_slots,
        allow_incomplete=settings.run_unisolated,
        hidden=(settings.home, Path(".env")),
        preload=preload,
    )


def build_verifier(settings: Settings, memory: Memory, run: Run) -> Verifier:
    """The verifier; code that is not of the bundled entries is run as a stranger's."""
    return Verifier(memory, run, known=bundled_ids(), others=learners_limits(settings))


def learners_limits(settings: Settings) -> Limits:
    """What a program may take that is not of the bundled entries."""
    return Limits(seconds=settings.run_seconds, memory_mb=settings.run_memory_mb)


def corpus_entries(settings: Settings | None = None) -> tuple[Entry, ...]:
    """The entries to serve: the bundled ones and those of the folders in ``settings``, drafts left out.

    Raises:
        CorpusError: with every fault of every file.
        CollectionTaken: a folder's entries belong to a bundled collection or to that of another folder.
    """
    folders = (settings or Settings()).corpus_folders
    entries = read_entries(BUNDLED, *folders)
    bundled = bundled_ids()
    owner = {entry.collection: "the bundled entries" for entry in entries if entry.id in bundled}
    for folder in folders:
        ids = {path.stem for path in folder.rglob("*.md")}
        for name in sorted({entry.collection for entry in entries if entry.id in ids}):
            if name in owner:
                taken = f"the collection '{name}' of {folder} is already that of {owner[name]}"
                raise CollectionTaken(f"{taken}; give its entries another 'collection: …'")
            owner[name] = str(folder)
    return tuple(entry for entry in entries if not entry.draft)


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
