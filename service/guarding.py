"""Whether the language model may be asked now: what a reply and a key may use of it, and a rest after failures.

Counts are kept in memory, so that a restart forgets them. Tokens that a provider does not tell are estimated at
:data:`CHARACTERS` each.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from service.language_model import ModelFailed, Said, Usage
from service.quota import Quota

CHARACTERS = 3.5
FAILURES = 3
REST_SECONDS = 30.0
MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Prices:
    """For a million tokens, in the operator's currency."""

    prompt: float
    completion: float

    def of(self, usage: Usage) -> float:
        return (usage.prompt * self.prompt + usage.completion * self.completion) / MICRO


@dataclass(frozen=True, slots=True)
class Allowed:
    """What one reply may use.

    Args:
        prompt_tokens, completion_tokens: of each call.
        seconds: of all its calls together.
        cost: of all its calls together, where there are prices.
    """

    prompt_tokens: int = 4000
    completion_tokens: int = 800
    seconds: float = 60.0
    cost: float | None = None


class Allowance:
    """What the keys may use of the model.

    Args:
        tokens, cost: of one key, as ``"200000/day"`` and in the currency of ``prices`` a day.
    """

    def __init__(
        self,
        reply: Allowed | None = None,
        *,
        prices: Prices | None = None,
        tokens: str | None = None,
        cost: float | None = None,
    ) -> None:
        self.reply = reply or Allowed()
        self.prices = prices
        self._tokens = Quota(tokens) if tokens else None
        self._cost = Quota(f"{max(1, round(cost * MICRO))}/day") if cost is not None else None

    def check(self, owner: str) -> None:
        """Raise :class:`ModelFailed` where ``owner`` has used up what a key may use."""
        if any(quota is not None and quota.over(owner) for quota in (self._tokens, self._cost)):
            raise ModelFailed("limit", "has answered as much as it may for your key")

    def completion_tokens(self, messages: Sequence[Said], spent: Usage) -> int:
        """How long the next answer of a reply may be that has ``spent`` so much already.

        Raises:
            ModelFailed: there is nothing left for it.
        """
        most = self.reply.completion_tokens
        if self.prices is not None and self.reply.cost is not None:
            asked = Usage(spent.prompt + estimated(messages), spent.completion)
            left = self.reply.cost - self.prices.of(asked)
            most = min(most, int(left * MICRO / self.prices.completion)) if self.prices.completion else most
            if left <= 0 or most <= 0:
                raise ModelFailed("limit", "would cost more than a reply may")
        return most

    def spend(self, owner: str, usage: Usage) -> None:
        """Count what a call has used."""
        if self._tokens is not None:
            self._tokens.spend(owner, usage.prompt + usage.completion)
        if self._cost is not None and self.prices is not None:
            self._cost.spend(owner, round(self.prices.of(usage) * MICRO))


class Rest:
    """Lets a model that failed :data:`FAILURES` times in a row alone for :data:`REST_SECONDS`; then one may try."""

    def __init__(self, failures: int = FAILURES, seconds: float = REST_SECONDS) -> None:
        self._most, self._seconds = failures, seconds
        self._failures = 0
        self._until = 0.0
        self._lock = threading.Lock()

    @property
    def resting(self) -> bool:
        return self._failures >= self._most and time.monotonic() < self._until

    def check(self) -> None:
        """Raise :class:`ModelFailed` while the model rests."""
        with self._lock:
            if self.resting:
                raise ModelFailed("unreachable", "failed several times and is left alone for a while")
            if self._failures >= self._most:
                self._until = time.monotonic() + self._seconds  # the others wait for what this one finds

    def learn(self, failure: ModelFailed | None) -> None:
        """Note how a call ended; a refusal or a limit says nothing of the model's health."""
        if failure is not None and failure.kind in ("refusal", "limit"):
            return
        with self._lock:
            self._failures = 0 if failure is None else self._failures + 1
            self._until = time.monotonic() + self._seconds


class LanguageModelState:
    """What others may know of the language model: its name, and whether it rests."""

    def __init__(self, name: str | None, rest: Rest) -> None:
        self.name = name
        self._rest = rest

    @property
    def rests(self) -> bool:
        return self._rest.resting


def estimated(messages: Sequence[Said]) -> int:
    """About how many tokens ``messages`` have."""
    return round(sum(len(one.text) for one in messages) / CHARACTERS)
