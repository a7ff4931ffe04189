"""Which pieces of an entry a reply shows; pure."""

import re
from collections.abc import Callable

from corpus.entry import Entry
from service import shorthands
from service.dialogue import Meant
from service.pieces import (
    FITS,
    Piece,
    Seen,
    Selection,
    about,
    answer_of,
    nearest,
    of_kind,
    piece_of,
    pieces,
    raised_by,
    unshown,
)
from service.words import content, mentions, share

NEAREST_SAID = "*My lesson does not say this in so many words; the nearest that it says:*"
AGAIN = "*Once more, since it says this:*"
_MISTAKE = re.compile(
    r"\b(?:what|anything) (?:happens|would happen|goes wrong|breaks)? ?(?:if|when)\b.{0,40}"
    r"\b(?:forget|forgot|don['’]?t|do not|skip|leave|left|omit|without|never|wrong|mix)\b",
    re.IGNORECASE,
)
"""Asks what comes of a mistake."""

_TOLD = ("answer", "explanation", "follow_up")
_NEAR = 3
"""Among so many of the nearest passages one that was not shown goes before one that was."""


def select(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    """What to show of ``entry`` for ``meant``."""
    return _BY_INTENT[meant.intent](meant, entry, seen)


def _question(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    if seen.in_context and f"{entry.id}#answer" in seen.shown:
        return _continued(meant, entry, seen)
    if meant.form == "error" or _tells_a_symptom(meant, seen):
        exact = raised_by(meant.text, entry)
        pitfall = exact or _pitfall_for(meant, entry, seen)
        if pitfall is not None:
            known = "This is a known mistake" if exact else "The nearest mistake that my lesson shows"
            return Selection((pitfall,), f"{known}: first as it fails, then mended.")
    asked = about(meant.text, entry)
    if asked is not None and not _is_question_of(meant.text, entry):
        return Selection((asked,))
    mistake = _pitfall_for(meant, entry, seen) if _MISTAKE.search(meant.text) else None
    if mistake is not None:
        return Selection((mistake,), shorthands.WHAT_HAPPENS)
    if meant.form == "explanation":
        return _why(meant, entry, seen)
    return answer_of(entry, len(entry.code) if meant.form == "code" else 1)


def _is_question_of(text: str, entry: Entry) -> bool:
    """Whether the entry's own question is as near as any follow-up."""
    asked = content(text)
    return share(asked, content(entry.question)) >= 0.99


def _tells_a_symptom(meant: Meant, seen: Seen) -> bool:
    """Whether a statement describes what the learner observes."""
    kinds = [passage.kind for passage in seen.passages[:1]]
    return meant.form == "answer" and "?" not in meant.text and kinds in (["pitfall"], ["symptom"])


def _pitfall_for(meant: Meant, entry: Entry, seen: Seen) -> Piece | None:
    """The pitfall that is near; for an error only one that ends with the same type of exception."""
    found = [
        piece for passage in seen.passages[:3] if passage.kind == "pitfall" and (piece := piece_of(passage, entry))
    ]
    among = [*found, *(piece for piece in [nearest(meant.text, of_kind("pitfall", pieces(entry)), least=0.5)] if piece)]
    if meant.form != "error":
        return next(iter(among), None)
    stated = {piece.id: piece.snippets[0].error for piece in among}
    return next((p for p in among if (error := stated[p.id]) is not None and error.type in meant.text), None)


def _why(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    """The answer, and the paragraph of the explanation that fits best."""
    paragraphs = of_kind("explanation", pieces(entry))
    passage = next((p for p in seen.passages if p.kind == "explanation"), None)
    best = (
        (piece_of(passage, entry) if passage else None)
        or nearest(meant.text, paragraphs)
        or next(iter(paragraphs), None)
    )
    answer = answer_of(entry)
    return Selection((answer.pieces[0], *((best,) if best else ()), *answer.pieces[1:]))


def _continued(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    """The piece that fits a question on the same topic, of those not shown yet where there is one."""
    left = unshown(entry, seen.shown)
    asked = about(meant.text, entry)
    if asked is not None:
        return Selection((asked,))
    if meant.form == "error":
        pitfall = raised_by(meant.text, entry) or _pitfall_for(meant, entry, seen)
        if pitfall is not None:
            return Selection((pitfall,))
    if meant.form == "code" and of_kind("code", left):
        return Selection(of_kind("code", left))
    if _MISTAKE.search(meant.text):
        mistake = _pitfall_for(meant, entry, seen)
        return Selection((mistake,), shorthands.WHAT_HAPPENS) if mistake else shorthands.consequence(meant, entry, seen)
    best, says = _nearest_piece(meant, entry, seen)
    if best is None:
        return shorthands.more(meant, entry, seen)
    if not says:
        last = [piece for piece in pieces(entry) if piece.id in seen.last and piece.kind in _TOLD]
        said = nearest(meant.text, last, least=FITS)
        if said is not None:
            return Selection((said,), AGAIN)
    chosen = answer_of(entry).pieces if best.kind == "answer" else (best,)
    return Selection(chosen, "" if says else NEAREST_SAID)


def _nearest_piece(meant: Meant, entry: Entry, seen: Seen) -> tuple[Piece | None, bool]:
    """The piece nearest to the question, and whether it uses a word of the question (as far as that has any).

    One that uses its words goes before others, one not shown before one shown, and what the last turn showed comes
    last. Code and mistakes that do not use its words are for those who ask for them.
    """
    asked, left = content(meant.text), [piece for piece in unshown(entry, seen.shown) if piece.kind in _TOLD]
    found = [piece for passage in seen.passages if (piece := piece_of(passage, entry)) is not None]
    near = [piece for piece in found if piece.id not in seen.last and (piece.kind != "code" or meant.form == "code")]
    saying = [piece for piece in near if share(asked, content(f"{piece.title} {piece.text}")) >= FITS]
    named = nearest(meant.text, left, least=FITS) or nearest(meant.text, pieces(entry)[:1], least=FITS)
    best = next((piece for piece in (*saying, *([named] if named else ())) if piece in left), None)
    best = best or next(iter((*saying, *([named] if named else ()))), None)
    if best is not None:
        return best, True
    told = [piece for piece in near if piece.kind in _TOLD]
    best = next(iter((*(piece for piece in told[:_NEAR] if piece in left), *told, *left)), None)
    return best, not asked or (best is not None and mentions(f"{best.title} {best.text}", asked))


def _comparison(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    """What the entry says about a difference."""
    compares = re.compile(r"\b(?:difference|differ|vs|versus|instead|or)\b", re.IGNORECASE)
    left = [piece for piece in unshown(entry, seen.shown) if piece.kind == "follow_up" and compares.search(piece.title)]
    if left:
        return Selection((left[0],), f"**{left[0].title}**")
    return _continued(meant, entry, seen)


_BY_INTENT: dict[str, Callable[[Meant, Entry, Seen], Selection]] = {
    "question": _question,
    "follow_up": shorthands.follow_up,
    "explanation": shorthands.explanation,
    "code": shorthands.code,
    "pitfalls": shorthands.pitfalls,
    "pitfall": shorthands.pitfall,
    "consequence": shorthands.consequence,
    "more": shorthands.more,
    "summary": shorthands.summary,
    "sources": shorthands.sources,
    "comparison": _comparison,
    "choice": shorthands.choice,
    "fix": shorthands.fix,
    "other": _question,
    "run": lambda meant, entry, seen: Selection(),
}
