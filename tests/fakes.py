"""Fakes that tests put in place of real parts."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from service.language_model import Chunk, ModelFailed, Said, Usage
from service.sandbox import Isolation, Limits, Program, SnippetError, Verdict

PASSED = Verdict(
    status="passed",
    stdout="",
    stderr="",
    error=None,
    warnings=(),
    duration_ms=41.0,
    queue_ms=0.0,
    peak_memory_mb=1.0,
    device="cpu",
    device_name="CPU",
    torch_version="2.13.0",
    python_version="3.11.0",
    isolation="fake",
    stand_ins=(),
    artifacts=(),
    truncated=False,
    verified_at="2026-01-01T00:00:00Z",
)


class FakeSandbox:
    """Passes and prints ``1``, or does what ``verdicts`` says of the code; counts its runs."""

    def __init__(self) -> None:
        self.programs: list[Program] = []
        self.verdicts: dict[str, Verdict] = {}
        self.prints: dict[str, list[str]] = {}

    slots = 2
    isolation = Isolation("namespaces", "fake", complete=True)
    runs_strangers_code = True

    def start(self) -> None: ...

    def close(self) -> None: ...

    def ensure_room(self, limits: Limits) -> None: ...

    def __call__(self, program: Program, limits: Limits, **how: object) -> Verdict:
        return self.run(program, limits)

    def run(self, program: Program, limits: Limits, *, on_output: Any = None, **how: object) -> Verdict:
        for text in self.prints.get(program.code, ()):
            on_output("stdout", text)
        self.programs.append(program)
        return self.verdicts.get(program.code, replace(PASSED, stdout="1\n"))

    def fails(self, code: str, type_: str, message: str) -> None:
        error = SnippetError(type=type_, message=message, line=1, traceback="…")
        self.verdicts[code] = replace(PASSED, status="failed", error=error)


class FakeModel:
    """A language model that says ``answers`` one after the other; a failure among them is raised."""

    name = "fake:model"

    def __init__(self, *answers: str | ModelFailed) -> None:
        self.answers = list(answers)
        self.asked: list[Sequence[Said]] = []
        self.limits: list[int] = []

    def stream(self, messages: Sequence[Said], *, max_tokens: int, seconds: float) -> Iterator[Chunk]:
        self.asked.append(messages)
        self.limits.append(max_tokens)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, ModelFailed):
            raise answer
        for place in range(0, len(answer), 5):
            yield Chunk(answer[place : place + 5])
        yield Chunk(usage=Usage(100, 20))
