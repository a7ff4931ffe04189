"""What a short request about a topic shows: "why?", "more", "show me the code", "what if I don't?" …; pure."""

import re
from dataclasses import replace

from corpus.entry import Entry
from service.dialogue import Meant
from service.pieces import Piece, Seen, Selection, answer_of, nearest, of_kind, pieces, unshown

ENOUGH = 700
"""Characters from which on an explanation waits for "more"."""

PITFALLS_AT_ONCE = 2
WHAT_HAPPENS = "This is what happens then, and how it is mended."
_LEFT_OUT = re.compile(r"\b(?:forget|forgetting|leaving|left|without|missing|skip|omit|no|never|not)\b", re.IGNORECASE)
_WHY = re.compile(r"(?:why|how does|what happens|when)\b", re.IGNORECASE)
_CHOOSES = re.compile(r"\b(?:which|choose|when would you|when should|should i|better|instead|first)\b", re.IGNORECASE)


def explanation(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    """The next paragraphs of the explanation, up to :data:`ENOUGH`; first what explains the piece shown last."""
    chosen: list[Piece] = []
    left = of_kind("explanation", unshown(entry, seen.shown))
    last = next((p for p in pieces(entry) if p.id in seen.last and p.kind in ("pitfall", "follow_up")), None)
    first = nearest(f"{last.title} {last.text}", left) if last and meant.intent == "explanation" else None
    for piece in (first,) if first else left:
        if chosen and sum(len(one.text) for one in chosen) + len(piece.text) > ENOUGH:
            break
        chosen.append(piece)
    if chosen:
        return Selection(tuple(chosen))
    explains = [piece for piece in of_kind("follow_up", unshown(entry, seen.shown)) if _WHY.match(piece.title)]
    if explains and meant.intent == "explanation":
        return Selection((explains[0],), f"**{explains[0].title}**")
    return more(meant, entry, seen) if entry.explanation else answer_of(entry)


def code(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    left = unshown(entry, seen.shown)
    with_code = [
        *of_kind("code", left),
        *(p for p in of_kind("follow_up", left) if p.snippets),
        *of_kind("pitfall", left),
    ]
    if with_code and with_code[0].kind == "code":
        return Selection((with_code[0],))
    if not with_code or f"{entry.id}#answer" not in seen.shown:
        return Selection(of_kind("code", pieces(entry)) or answer_of(entry).pieces)
    return Selection((with_code[0],), f"More code: *{with_code[0].title}*")


def pitfalls(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    everything = of_kind("pitfall", pieces(entry))
    if not everything:
        return answer_of(entry)
    left = of_kind("pitfall", unshown(entry, seen.shown)) or everything
    chosen, others = left[:PITFALLS_AT_ONCE], left[PITFALLS_AT_ONCE:]
    count = "One mistake" if len(chosen) == 1 else f"{len(chosen)} mistakes"
    lead = f"{count} people make here: each first as it fails, then mended."
    if others:
        lead += " There is more: " + "; ".join(f"*{piece.title}*" for piece in others) + "."
    return Selection(chosen, lead)


def pitfall(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    shown = [piece for piece in of_kind("pitfall", pieces(entry)) if piece.id in seen.shown]
    return Selection((shown[min(meant.place, len(shown) - 1)],)) if shown else pitfalls(meant, entry, seen)


def fix(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    """The mended form of the mistake that was shown last."""
    mistakes = {piece.id: piece for piece in of_kind("pitfall", pieces(entry))}
    last = next((mistakes[piece_id] for piece_id in seen.shown if piece_id in mistakes), None)
    if last is None:
        return pitfalls(meant, entry, seen)
    return Selection((replace(last, text="", snippets=last.snippets[1:]),))


def consequence(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    """What happens if one does not: the pitfall of leaving it out, else what speaks of it."""
    mistakes = of_kind("pitfall", pieces(entry))
    titled = next((piece for piece in mistakes if _LEFT_OUT.search(piece.title)), None)
    if titled is not None:
        return Selection((titled,), WHAT_HAPPENS)
    left = [piece for piece in unshown(entry, seen.shown) if piece.kind in ("explanation", "follow_up")]
    said = next((piece for piece in left if re.search(r"\b(?:without|otherwise|not|would)\b", piece.text)), None)
    return Selection((said,)) if said else pitfalls(meant, entry, seen)


def more(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    """What comes next: explanation, code, a pitfall, a follow-up."""
    left = unshown(entry, seen.shown)
    if of_kind("answer", left):
        return answer_of(entry)
    if of_kind("explanation", left):
        return explanation(meant, entry, seen)
    following = next(iter((*of_kind("code", left), *of_kind("pitfall", left), *of_kind("follow_up", left))), None)
    if following is None:
        return Selection(lead="That is all my lesson says about it. In short:\n\n" + _points(entry))
    return Selection((following,), f"**{following.title}**" if following.kind == "follow_up" else "")


def summary(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    return Selection(lead=f"In short:\n\n{_points(entry)}") if entry.key_points else answer_of(entry, 0)


def _points(entry: Entry) -> str:
    return "\n".join(f"- {point}" for point in entry.key_points) or entry.answer


def sources(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    lines = [
        f"From the lesson “{entry.question}”; each piece of its code was run, and the verdict says on which torch."
    ]
    if entry.references:
        lines.append("In the official documentation: " + "; ".join(f"*{title}*" for title in entry.references) + ".")
    if entry.versions:
        lines.append("What changed when:\n" + "\n".join(f"- {version}" for version in entry.versions))
    return Selection(lead="\n\n".join(lines))


def chooses(entry: Entry) -> list[Piece]:
    """The follow-ups of ``entry`` about which to choose."""
    return [piece for piece in of_kind("follow_up", pieces(entry)) if _CHOOSES.search(piece.title)]


def choice(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    """What the entry says about which to choose."""
    titled = chooses(entry)
    best = next(iter((*(piece for piece in titled if piece.id not in seen.shown), *titled)), None)
    return Selection((best,), f"**{best.title}**") if best else explanation(meant, entry, seen)


def follow_up(meant: Meant, entry: Entry, seen: Seen) -> Selection:
    found = next((piece for piece in pieces(entry) if piece.title == meant.text), None)
    return Selection((found,)) if found else answer_of(entry)
