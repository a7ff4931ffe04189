"""One turn and one run as examples, in the API's description and its documents."""

from typing import Any

from pydantic import BaseModel

from service.api.run import OutputEvent, RunFailed, VerdictEvent
from service.events import Failed, MatchedEntry, Reply, Running, Sentence, ShownSnippet
from service.replay import replay
from service.sandbox import Verdict

_ANSWER = "`backward()` adds to `.grad`. [1]\n\nClear it before each step."

_CODE = """\
import torch

w = torch.ones(2, requires_grad=True)
for _ in range(2):
    w.sum().backward()
print(w.grad)
"""

VERDICT = Verdict(
    status="passed",
    stdout="tensor([2., 2.])\n",
    stderr="",
    error=None,
    warnings=(),
    duration_ms=41.2,
    queue_ms=0.0,
    peak_memory_mb=1.5,
    device="cpu",
    device_name="CPU",
    torch_version="2.13.0",
    python_version="3.11.2",
    isolation="namespaces",
    stand_ins=(),
    artifacts=(),
    truncated=False,
    verified_at="2026-11-26T09:30:00Z",
)

REPLY = Reply(
    conversation_id="vJv3T0kq7Zc1mB0m2i6xGA",
    message_id="Jt5r0mPp0wbvPUYjq5Bk3A",
    outcome="answered",
    abstained=False,
    confidence=0.94,
    understood_as="why do my gradients keep growing every step?",
    intent="question",
    matches=[
        MatchedEntry(
            entry_id="optimizer-setup",
            number=19,
            collection="interview",
            question="How do you set up an optimizer in PyTorch, and what is its purpose?",
            score=0.71,
        )
    ],
    nearest=[],
    follow_ups=["Why does the order of `zero_grad` and `backward` matter?"],
    shown=["optimizer-setup#answer", "optimizer-setup#code-1"],
    worded_by="openai:gpt-5-mini",
    answer=_ANSWER,
    sentences=[
        Sentence(start=0, end=33, citations=[1], support=0.93, supported=True),
        Sentence(start=35, end=61, citations=[], support=0.88, supported=True),
    ],
    snippets=[
        ShownSnippet(
            id="optimizer-setup#code-1",
            code=_CODE,
            caption="Two backward passes add up:",
            expected_output="tensor([2., 2.])",
            expected_error=None,
            as_stated=True,
            deviation=None,
            verdict=VERDICT,
        )
    ],
)

RUNNING = Running(conversation_id=REPLY.conversation_id, message_id=REPLY.message_id, code=_CODE)
FAILED = Failed(title="Cancelled", detail="The reply was cancelled before it was finished; nothing of it is kept.")

RUN = (
    OutputEvent(device="auto", stream="stdout", text=VERDICT.stdout),
    VerdictEvent(device="auto", verdict=VERDICT),
    RunFailed(detail="the sandbox is busy; try again in 2 s"),
)


def by_schema() -> dict[str, dict[str, Any]]:
    """An example of each event, and of a reply, by the name of its schema."""
    examples: list[BaseModel] = [REPLY, RUNNING, *replay(REPLY), FAILED, *RUN]
    return {type(example).__name__: example.model_dump(mode="json") for example in examples}
