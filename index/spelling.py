"""Misspelled words of a query, mended by the words that the corpus uses.

A word is mended only where neither the corpus nor the encoder's vocabulary holds it, and a word of the corpus is a slip
or two away: a letter too many, too few, another one, or two swapped. In short words only swaps count, since most short
words have neighbours. Names of code and inflections are left alone.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

ONE_SLIP_FROM = 6
TWO_SLIPS_FROM = 9
"""From these lengths on, a word may be one and two slips away."""

MIN_COUNT = 3
"""So often a word of the corpus must stand there to be a correction: it has misspelled phrasings of its own."""

MAX_WORDS = 8
"""Of a query; the others are left as they are."""

_WORD = re.compile(r"(?<![\w.'’/\\-])[a-z]{4,24}(?![\w'’/\\(=_-])(?!\.\w)", re.IGNORECASE)
_TEXT = re.compile(r"[a-z]{4,24}")


class Speller:
    """Mends words.

    Args:
        texts: of the corpus.
        knows: whether a word is one of the language.
        others: texts whose words are right, too, but no correction.
    """

    def __init__(self, texts: Iterable[str], knows: Callable[[str], bool], others: Iterable[str] = ()) -> None:
        self._knows = knows
        self._others = {word for text in others for word in _TEXT.findall(text.lower())}
        self._counts = Counter(word for text in texts for word in _TEXT.findall(text.lower()))
        self._by_first: dict[str, list[str]] = defaultdict(list)
        for word, count in self._counts.items():
            if count >= MIN_COUNT and (knows(word) or count >= 2 * MIN_COUNT):
                self._by_first[word[0]].append(word)

    def mended(self, query: str) -> str:
        """``query`` with its misspelled words replaced."""
        left = MAX_WORDS

        def mend(match: re.Match[str]) -> str:
            nonlocal left
            word = match[0]
            if left == 0 or word[1:] != word[1:].lower() or self._is_known(word.lower()):
                return word
            left -= 1
            return self._nearest(word.lower()) or word

        return _WORD.sub(mend, query)

    def _is_known(self, word: str) -> bool:
        return self._counts[word] >= MIN_COUNT or word in self._others or self._knows(word)

    def _nearest(self, word: str) -> str | None:
        """The word fewest slips away, the most frequent among equals."""
        most = 2 if len(word) >= TWO_SLIPS_FROM else 1
        found: tuple[int, int, str] | None = None
        for candidate in {*self._by_first[word[0]], *self._by_first[word[1]]}:
            if abs(len(candidate) - len(word)) > most or candidate.startswith(word) or word.startswith(candidate):
                continue
            if len(word) < ONE_SLIP_FROM and sorted(candidate) != sorted(word):
                continue
            away = slips(word, candidate, most)
            if away <= most:
                found = min(found or (most + 1, 0, ""), (away, -self._counts[candidate], candidate))
        return found[2] if found else None


def slips(one: str, other: str, most: int) -> int:
    """How many letters must be added, dropped, changed or swapped with their neighbour; ``most + 1`` if more."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        two_before, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, two_before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]
