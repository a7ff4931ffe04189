"""Which pieces of an entry a reply shows; pure."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from corpus.entry import Entry
from index.passage import Passage
from service.dialogue import Meant
from service.pieces import Kind, Piece, about, nearest, piece_of, pieces, raised_by, unshown
from service.words import content, share

ENOUGH = 700
"""Characters from which on an explanation waits for "more"."""

PITFALLS_AT_ONCE = 2
_NEAR = 3
"""Among so many of the nearest passages one that was not shown goes before one that was."""

_LEFT_OUT = re.compile(r"\b(?:forget|forgetting|leaving|left|without|missing|skip|omit|no|never|not)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the selection depends on besides the question.

    Args:
        passages: of the entry, the nearest to the question first; none where it was not searched for.
        shown: ids of the pieces that the conversation has shown.
        in_context: whether the question continues the topic, so that what was shown need not be repeated.
    """

    passages: tuple[Passage, ...] = ()
    shown: tuple[str, ...] = ()
    in_context: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """The pieces in order, below an optional line of Markdown."""

    pieces: tuple[Piece, ...] = ()
    lead: str = ""


def select(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    """What to show of ``entry`` for ``meant``."""
    return _BY_INTENT[meant.intent](meant, entry, seen)


def _of(kind: Kind, among: Sequence[Piece]) -> tuple[Piece, ...]:
    return tuple(piece for piece in among if piece.kind == kind)


def _answer(entry: Entry, snippets: int = 1) -> Selection:
    """The answer with its first snippets."""
    answer = pieces(entry)[0]
    chosen = replace(answer, snippets=entry.code[:snippets])
    code = _of("code", pieces(entry))
    # Where all of the code is shown, the piece that holds it counts as shown too.
    extra = (replace(code[0], text="", snippets=()),) if code and snippets >= len(entry.code) else ()
    return Selection((chosen, *extra))


def _question(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    if seen.in_context and f"{entry.id}#answer" in seen.shown:
        return _continued(meant, entry, seen)
    if meant.form == "error" or _tells_a_symptom(meant, seen):
        pitfall = _pitfall_for(meant.text, entry, seen)
        if pitfall is not None:
            return Selection((pitfall,), "This is a known mistake: first as it fails, then mended.")
    asked = about(meant.text, entry)
    if asked is not None and not _is_question_of(meant.text, entry):
        return Selection((asked,))
    if meant.form == "explanation":
        return _why(meant, entry, seen)
    return _answer(entry, len(entry.code) if meant.form == "code" else 1)


def _is_question_of(text: str, entry: Entry) -> bool:
    """Whether the entry's own question is as near as any follow-up."""
    asked = content(text)
    return share(asked, content(entry.question)) >= 0.99


def _tells_a_symptom(meant: Meant, seen: Seen) -> bool:
    """Whether a statement describes what the learner observes."""
    kinds = [passage.kind for passage in seen.passages[:1]]
    return meant.form == "answer" and "?" not in meant.text and kinds in (["pitfall"], ["symptom"])


def _pitfall_for(text: str, entry: Entry, seen: Seen) -> Piece | None:
    exact = raised_by(text, entry)
    if exact is not None:
        return exact
    for passage in seen.passages[:3]:
        if passage.kind == "pitfall":
            return piece_of(passage, entry)
    return nearest(text, _of("pitfall", pieces(entry)), least=0.5)


def _why(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    """The answer, and the paragraph of the explanation that fits best."""
    paragraphs = _of("explanation", pieces(entry))
    passage = next((p for p in seen.passages if p.kind == "explanation"), None)
    best = (
        (piece_of(passage, entry) if passage else None)
        or nearest(meant.text, paragraphs)
        or next(iter(paragraphs), None)
    )
    answer = _answer(entry)
    return Selection((answer.pieces[0], *((best,) if best else ()), *answer.pieces[1:]))


def _continued(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    """The piece that fits a question on the same topic, of those not shown yet where there is one."""
    left = unshown(entry, seen.shown)
    asked = about(meant.text, entry)
    if asked is not None:
        return Selection((asked,))
    if meant.form == "error":
        pitfall = _pitfall_for(meant.text, entry, seen)
        if pitfall is not None:
            return Selection((pitfall,))
    if meant.form == "code" and _of("code", left):
        return Selection(_of("code", left))
    near = [piece for passage in seen.passages if (piece := piece_of(passage, entry)) is not None]
    fresh = [piece for piece in near[:_NEAR] if piece in left]
    best = next(iter((*fresh, *(piece for piece in near if piece.kind != "answer"))), None) or nearest(meant.text, left)
    if best is None:
        return _more(meant, entry, seen)
    return _answer(entry) if best.kind == "answer" else Selection((best,))


def _explanation(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    """The next paragraphs of the explanation, up to :data:`ENOUGH`."""
    chosen: list[Piece] = []
    for piece in _of("explanation", unshown(entry, seen.shown)):
        if chosen and sum(len(one.text) for one in chosen) + len(piece.text) > ENOUGH:
            break
        chosen.append(piece)
    if chosen:
        return Selection(tuple(chosen))
    if entry.explanation:
        return _more(meant, entry, seen)
    return _answer(entry)


def _code(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    left = unshown(entry, seen.shown)
    with_code = [*_of("code", left), *(p for p in _of("follow_up", left) if p.snippets), *_of("pitfall", left)]
    if with_code and with_code[0].kind == "code":
        return Selection((with_code[0],))
    if not with_code or f"{entry.id}#answer" not in seen.shown:
        return Selection(_of("code", pieces(entry)) or _answer(entry).pieces)
    return Selection((with_code[0],), f"More code: *{with_code[0].title}*")


def _pitfalls(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    everything = _of("pitfall", pieces(entry))
    if not everything:
        return _answer(entry)
    left = _of("pitfall", unshown(entry, seen.shown)) or everything
    chosen, others = left[:PITFALLS_AT_ONCE], left[PITFALLS_AT_ONCE:]
    count = "One mistake" if len(chosen) == 1 else f"{len(chosen)} mistakes"
    lead = f"{count} people make here: each first as it fails, then mended."
    if others:
        lead += " There is more: " + "; ".join(f"*{piece.title}*" for piece in others) + "."
    return Selection(chosen, lead)


def _pitfall(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    shown = [piece for piece in _of("pitfall", pieces(entry)) if piece.id in seen.shown]
    return Selection((shown[min(meant.place, len(shown) - 1)],)) if shown else _pitfalls(meant, entry, seen)


def _consequence(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    """What happens if one does not: the pitfall of leaving it out, else what speaks of it."""
    pitfalls = _of("pitfall", pieces(entry))
    titled = next((piece for piece in pitfalls if _LEFT_OUT.search(piece.title)), None)
    if titled is not None:
        return Selection((titled,), "This is what happens then, and how it is mended.")
    left = [piece for piece in unshown(entry, seen.shown) if piece.kind in ("explanation", "follow_up")]
    said = next((piece for piece in left if re.search(r"\b(?:without|otherwise|not|would)\b", piece.text)), None)
    return Selection((said,)) if said else _pitfalls(meant, entry, seen)


def _more(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    """What comes next: explanation, code, a pitfall, a follow-up."""
    left = unshown(entry, seen.shown)
    if _of("answer", left):
        return _answer(entry)
    if _of("explanation", left):
        return _explanation(meant, entry, seen)
    following = next(iter((*_of("code", left), *_of("pitfall", left), *_of("follow_up", left))), None)
    if following is None:
        return Selection(lead="That is all my lesson says about it. In short:\n\n" + _points(entry))
    return Selection((following,), f"**{following.title}**" if following.kind == "follow_up" else "")


def _summary(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    return Selection(lead=f"In short:\n\n{_points(entry)}") if entry.key_points else _answer(entry, 0)


def _points(entry: Entry) -> str:
    return "\n".join(f"- {point}" for point in entry.key_points) or entry.answer


def _sources(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    lines = [
        f"From the lesson “{entry.question}”; each piece of its code was run, and the verdict says on which torch."
    ]
    if entry.references:
        lines.append("In the official documentation: " + "; ".join(f"*{title}*" for title in entry.references) + ".")
    if entry.versions:
        lines.append("What changed when:\n" + "\n".join(f"- {version}" for version in entry.versions))
    return Selection(lead="\n\n".join(lines))


def _comparison(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    """What the entry says about a difference."""
    compares = re.compile(r"\b(?:difference|differ|vs|versus|instead|or)\b", re.IGNORECASE)
    left = [piece for piece in unshown(entry, seen.shown) if piece.kind == "follow_up" and compares.search(piece.title)]
    if left:
        return Selection((left[0],), f"**{left[0].title}**")
    return _continued(meant, entry, seen)


def _choice(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    """What the entry says about which to choose."""
    chooses = re.compile(
        r"\b(?:which|choose|when would you|when should|should i|better|instead|first)\b", re.IGNORECASE
    )
    titled = [piece for piece in pieces(entry) if piece.kind == "follow_up" and chooses.search(piece.title)]
    fresh = [piece for piece in titled if piece.id not in seen.shown]
    best = next(iter((*fresh, *titled)), None)
    return Selection((best,), f"**{best.title}**") if best else _explanation(meant, entry, seen)


def _follow_up(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    found = next((piece for piece in pieces(entry) if piece.title == meant.text), None)
    return Selection((found,)) if found else _answer(entry)


_BY_INTENT: dict[str, Callable[[Meant, Entry, Seen], Selection]] = {
    "question": _question,
    "follow_up": _follow_up,
    "explanation": _explanation,
    "code": _code,
    "pitfalls": _pitfalls,
    "pitfall": _pitfall,
    "consequence": _consequence,
    "more": _more,
    "summary": _summary,
    "sources": _sources,
    "comparison": _comparison,
    "choice": _choice,
    "other": _question,
}
