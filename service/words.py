"""Which words of a text carry its meaning; pure.

Used to tell whether a message stands on its own, which part of an entry fits it, and what an entry says nothing about.
"""

import re
from collections.abc import Iterable

_STOP_WORDS = """
a about actually after again all also always am an and another any anyone anything are aren as ask at avoid away back be
because been before being best better between both but by call called came can cannot come comes correct could
couldn did didn different do does doesn doing don done each either else enough even ever every exactly example
explain few find first fix for from get gets getting give given go goes going gonna good got great had happen happens
has hasn have haven having hello help here hey hi his how however i idea if in instead into is isn it its itself
just keep keeps kind know last let like long look made make makes many matter may maybe me mean means meant might
mine more most much must my need needed needs never new next no not nothing now of off often ok okay on once one
ones only or other others otherwise our out over own people please possible problem put question quite rather really
right said same say second see seem seems she should shouldn show so some someone something soon sorry still stuff
such sure take takes talk tell than thank thanks that the their them themselves then there these they thing things
think this those though through to together too tried try trying two understand until up upon us use used useful
uses using usually very via want wanted wants was wasn way ways we well were what whatever when where whether which
while who whole whose why will with without won wonder work working works would wouldn write yes yet you your yours
ve ll re d s t m im dont cant doesnt isnt torch pytorch
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
_TOKEN = re.compile(r"[^\W_]+(?:_[^\W_]+)*")
_SUFFIXES = ("ings", "ing", "ies", "ied", "ed", "es", "s", "ly")


_IRREGULAR = {"frozen": "freeze", "froze": "freeze", "unfrozen": "unfreeze", "built": "build", "written": "write"}
_IRREGULAR |= {"wrote": "write", "chosen": "choose", "chose": "choose", "ran": "run", "lost": "lose", "sent": "send"}
_IRREGULAR |= {"leaves": "leaf", "indices": "index", "matrices": "matrix", "batches": "batch"}


def stem(word: str) -> str:
    """The word without its ending, so that ``saves``, ``saved`` and ``saving`` are one; crude on purpose."""
    word = _IRREGULAR.get(word, word)
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            word = word[: -len(suffix)]
            break
    return word.rstrip("e") if len(word) > 3 else word


def content(text: str) -> list[str]:
    """The stems of the words that carry meaning, in order; ``no_grad`` counts as itself and as its parts."""
    found = []
    for token in _TOKEN.findall(text.lower()):
        parts = [token, *token.split("_")] if "_" in token else [token]
        found += [stem(part) for part in parts if part not in STOP_WORDS and (len(part) > 1 or part.isdigit())]
    return found


def vocabulary(texts: Iterable[str]) -> frozenset[str]:
    """All meaningful stems of ``texts``."""
    return frozenset(word for text in texts for word in content(text))


def share(words: Iterable[str], among: Iterable[str]) -> float:
    """The fraction of the different ``words`` that are ``among`` others; 0 where there are none."""
    wanted = set(words)
    return len(wanted & set(among)) / len(wanted) if wanted else 0.0


def mentions(text: str, words: Iterable[str]) -> bool:
    """Whether ``text`` has one of ``words``, or a longer word that begins with it ("conv" in "convolution")."""
    stems = set(content(text))
    return any(word in stems or (len(word) > 3 and any(stem.startswith(word) for stem in stems)) for word in words)


def words_of_text(text: str) -> list[str]:
    """The words of ``text`` as they stand."""
    return _TOKEN.findall(text)
