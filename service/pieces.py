"""An entry as the pieces that a reply shows one at a time; pure.

Ids: ``no-grad#answer``, ``no-grad#explanation-2``, ``no-grad#code``, ``no-grad#pitfall-1``, ``no-grad#follow-up-3``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from corpus.entry import Entry, FollowUp, Pitfall, Snippet
from index.passage import Passage
from service.forms import is_comparison
from service.words import content, share, vocabulary

Kind = Literal["answer", "explanation", "code", "pitfall", "follow_up"]

FITS = 0.6
"""From this share of a question's words on, a follow-up's heading or a pitfall's text is about the same."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Markdown with its snippets; ``title`` is a heading of its own, or empty."""

    id: str
    kind: Kind
    title: str
    text: str
    snippets: tuple[Snippet, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What the selection depends on besides the question.

    Args:
        passages: of the entry, the nearest to the question first; none where it was not searched for.
        shown: ids of the pieces that the conversation has shown, those of the newest turn first.
        last: those of them that the turn before showed.
        in_context: whether the question continues the topic, so that what was shown need not be repeated.
    """

    passages: tuple[Passage, ...] = ()
    shown: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    in_context: bool = False


NOTHING_SEEN = Seen()


@dataclass(frozen=True, slots=True)
class Selection:
    """The pieces in order, below an optional line of Markdown."""

    pieces: tuple[Piece, ...] = ()
    lead: str = ""


@cache
def pieces(entry: Entry) -> tuple[Piece, ...]:
    """All pieces of ``entry``, in reading order."""
    found = [Piece(f"{entry.id}#answer", "answer", "", entry.answer)]
    for number, paragraph in enumerate(paragraphs(entry.explanation), 1):
        found.append(Piece(f"{entry.id}#explanation-{number}", "explanation", "", paragraph))
    if entry.code:
        found.append(Piece(f"{entry.id}#code", "code", "", f"Code for: *{entry.question}*", entry.code))
    found += [_pitfall(entry, number, pitfall) for number, pitfall in enumerate(entry.pitfalls, 1)]
    found += [_follow_up(entry, number, follow_up) for number, follow_up in enumerate(entry.follow_ups, 1)]
    return tuple(found)


def paragraphs(markdown: str) -> list[str]:
    """The paragraphs of ``markdown``; a line that introduces a table, a list or a block stays with it."""
    found: list[str] = []
    for block in _blocks(markdown):
        if found and (block.startswith(("|", "```", "- ", "1. ", "$$")) or found[-1].endswith(":")):
            found[-1] = f"{found[-1]}\n\n{block}"
        else:
            found.append(block)
    return found


def _blocks(markdown: str) -> list[str]:
    """What blank lines part, except within fences."""
    found: list[str] = []
    inside = False
    for block in markdown.split("\n\n"):
        if inside:
            found[-1] = f"{found[-1]}\n\n{block}"
        elif block.strip():
            found.append(block.strip("\n"))
        inside ^= sum(line.lstrip().startswith("```") for line in block.split("\n")) % 2 == 1
    return found


def _pitfall(entry: Entry, number: int, pitfall: Pitfall) -> Piece:
    mended = replace(pitfall.mended, caption=pitfall.mended.caption or "Mended:")
    snippets = (pitfall.broken, mended)
    return Piece(f"{entry.id}#pitfall-{number}", "pitfall", pitfall.title, pitfall.text, snippets)


def _follow_up(entry: Entry, number: int, follow_up: FollowUp) -> Piece:
    piece = Piece(f"{entry.id}#follow-up-{number}", "follow_up", follow_up.question, follow_up.answer)
    return replace(piece, snippets=follow_up.snippets)


def piece_of(passage: Passage, entry: Entry) -> Piece | None:
    """The piece that holds ``passage``; for a phrasing, a symptom or a key point the piece that says most of it."""
    everything = pieces(entry)
    for piece in everything:
        if piece.kind == passage.kind and passage.text.startswith((piece.title or piece.text)[:200]):
            return piece
    if passage.kind == "question":
        return everything[0]
    if passage.kind in ("answer", "code"):
        return next((piece for piece in everything if piece.kind == passage.kind), None)
    return nearest(passage.text, everything, least=FITS)


def about(question: str, entry: Entry) -> Piece | None:
    """The follow-up of ``entry`` that asks what ``question`` asks, by its words; ``None`` where none does.

    One that compares two things answers only a question that compares.
    """
    asked, compares = set(content(question)), is_comparison(question)
    best, fit = None, FITS
    for piece in pieces(entry):
        if piece.kind == "follow_up" and (compares or not is_comparison(piece.title)):
            heading = set(content(piece.title))
            shared = min(share(asked, heading), share(heading, asked))
            if shared >= fit:
                best, fit = piece, shared
    return best


def raised_by(error: str, entry: Entry) -> Piece | None:
    """The pitfall of ``entry`` that ends with ``error`` (``Type: message``); ``None`` where none does."""
    folded = " ".join(error.split())
    for piece, pitfall in zip((p for p in pieces(entry) if p.kind == "pitfall"), entry.pitfalls, strict=True):
        stated = pitfall.broken.error
        if (
            stated
            and stated.type in folded
            and stated.type != "AssertionError"
            and " ".join(stated.message.split()) in folded
        ):
            return piece
    return None


def nearest(text: str, among: Iterable[Piece], least: float = 0.0) -> Piece | None:
    """The piece that holds most of the words of ``text``, if it holds more than the share ``least`` of them."""
    asked = set(content(text))
    best, most = None, least
    for piece in among:
        shared = share(asked, content(f"{piece.title} {piece.text}"))
        if shared > most:
            best, most = piece, shared
    return best


def words_of(entry: Entry) -> frozenset[str]:
    """All words that an entry says, code included."""
    texts = [entry.question, *entry.also_asked, *entry.symptoms, *entry.key_points, entry.topic]
    for piece in pieces(entry):
        texts += [piece.title, piece.text, *(snippet.code for snippet in piece.snippets)]
    return vocabulary(texts)


def unshown(entry: Entry, shown: Sequence[str]) -> list[Piece]:
    """The pieces that the conversation has not shown, in reading order."""
    return [piece for piece in pieces(entry) if piece.id not in shown]


def of_kind(kind: Kind, among: Sequence[Piece]) -> tuple[Piece, ...]:
    """Those of one kind."""
    return tuple(piece for piece in among if piece.kind == kind)


def answer_of(entry: Entry, snippets: int = 1) -> Selection:
    """The answer with its first snippets."""
    answer = pieces(entry)[0]
    chosen = replace(answer, snippets=entry.code[:snippets])
    code = of_kind("code", pieces(entry))
    # Where all of the code is shown, the piece that holds it counts as shown too.
    extra = (replace(code[0], text="", snippets=()),) if code and snippets >= len(entry.code) else ()
    return Selection((chosen, *extra))
