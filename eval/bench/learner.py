"""One learner of the mixed traffic: does one thing after the other, and notes what it took and what failed."""

import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import httpx

FOLLOW_UPS = ("why?", "show me the code", "yes", "2", "what can go wrong?")


class Learner:
    """Does one thing after the other and notes how long it took, or what failed."""

    def __init__(self, url: str, seed: int, questions: list[str]) -> None:
        self._http = httpx.Client(base_url=url, timeout=120)
        self._random = random.Random(seed)  # noqa: S311 - only to mix the traffic
        self._questions = questions
        self._conversation: str | None = None
        self._message = ""
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.errors: Counter[str] = Counter()

    def work(self, until: float) -> None:
        acts: list[Callable[[], None]] = [
            *[self.ask] * 4,
            *[self.follow_up] * 4,
            *[self.stream] * 2,
            self.drop_and_resume,
            self.repeat,
            self.cancel,
            self.search,
            self.read,
            self.share,
            self.feedback,
            self.delete,
        ]
        while time.monotonic() < until:
            act = self._random.choice(acts)
            started = time.monotonic()
            try:
                act()
            except (httpx.HTTPError, AssertionError, KeyError, ValueError) as error:
                self.errors[f"{act.__name__}: {error!r}"[:200]] += 1
            self.seconds[act.__name__].append(time.monotonic() - started)

    def ask(self) -> None:
        self._note(self._chat(self._question(), None))

    def follow_up(self) -> None:
        self._note(self._chat(self._random.choice(FOLLOW_UPS), self._conversation))

    def stream(self) -> None:
        events = self._stream(self._question())
        assert events[-1]["event"] == "done", events[-1]
        self._note(events[-1]["reply"])

    def drop_and_resume(self) -> None:
        matched = self._stream(self._question(), stop_after=1)[0]
        path = f"/v1/chat/{matched['message_id']}/events"
        resumed = self._http.get(path, headers={"Last-Event-ID": "1"})
        assert "event: done" in resumed.text, resumed.text[-200:]

    def repeat(self) -> None:
        key = {"Idempotency-Key": f"{self._random.random()}"}
        question = self._question()
        first, second = (self._post("/v1/chat", {"message": question}, key) for _ in range(2))
        assert first == second, "another reply to the same request"

    def cancel(self) -> None:
        matched = self._stream(self._question(), stop_after=1)[0]
        cancelled = self._http.post(f"/v1/chat/{matched['message_id']}/cancel")
        assert cancelled.status_code in (200, 409), cancelled.text

    def search(self) -> None:
        found = self._get("/v1/search", q=self._question(), k=5)
        assert len(found["matches"]) == 5, found

    def read(self) -> None:
        self._get("/v1/conversations", limit=5)
        self._get("/v1/entries/dropout")
        self._get("/readyz")

    def share(self) -> None:
        if self._conversation:
            link = self._post(f"/v1/conversations/{self._conversation}/share", None)
            assert self._get(link["url"])["messages"], "an empty conversation"

    def feedback(self) -> None:
        if self._message:
            self._post("/v1/feedback", {"message_id": self._message, "helpful": self._random.random() < 0.5})

    def delete(self) -> None:
        if self._conversation:
            path = f"/v1/conversations/{self._conversation}"
            self._conversation, self._message = None, ""
            assert self._http.delete(path).status_code == 204, path

    def _question(self) -> str:
        return self._random.choice(self._questions)

    def _note(self, reply: dict[str, Any]) -> None:
        self._conversation, self._message = reply["conversation_id"], reply["message_id"]

    def _chat(self, message: str, conversation: str | None) -> dict[str, Any]:
        return self._post("/v1/chat", {"message": message, "conversation_id": conversation})

    def _stream(self, message: str, stop_after: int | None = None) -> list[dict[str, Any]]:
        events = []
        with self._http.stream("POST", "/v1/chat", json={"message": message, "stream": True}) as response:
            assert response.status_code == 200, response.status_code
            for line in response.iter_lines():
                if line.startswith("data: "):
                    events.append(json.loads(line.removeprefix("data: ")))
                    if len(events) == stop_after:
                        break
        return events

    def _post(self, path: str, body: object, headers: dict[str, str] | None = None) -> dict[str, Any]:
        return _checked(self._http.post(path, json=body, headers=headers))

    def _get(self, path: str, **parameters: Any) -> dict[str, Any]:
        return _checked(self._http.get(path, params=parameters))


def _checked(response: httpx.Response) -> dict[str, Any]:
    assert response.is_success, f"{response.status_code} {response.text[:200]}"
    found: dict[str, Any] = response.json()
    return found
