"""Whatever comes in, the parsers read it or say what is wrong with it; hypothesis thinks up what comes in."""

import json
import logging
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes import FakeSandbox
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from starlette.datastructures import Headers

from corpus.entry import Entry
from corpus.errors import CorpusError, TutorError
from corpus.reading import read_entries
from eval.qrels import read_sets
from index.retriever import KeywordRetriever
from service.app import create_app
from service.backup import restore
from service.channels.guard import Guard
from service.logs import JsonFormatter
from service.memory import Memory
from service.outputs import same_output
from service.quota import Quota
from service.settings import Settings
from service.wiring import build_tutor

ENTRY = (Path(__file__).parents[1] / "corpus/questions/dropout.md").read_text(encoding="utf-8")
LINES = [line for line in ENTRY.splitlines() if not line.startswith("see_also")]  # it stands alone here

bounded = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
few = settings(bounded, max_examples=40)


def refusal(call: Callable[..., object], *arguments: object) -> str | None:
    """What ``call`` says is wrong with its arguments; ``None`` where it takes them."""
    try:
        call(*arguments)
    except (TutorError, ValidationError) as error:
        return str(error)
    return None


any_text = st.text(st.characters(codec="utf-8"))
"""Any characters that a file or a request can carry."""

json_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=8,
)


@st.composite
def changed_entry(draw: st.DrawFn) -> str:
    """A real entry with some lines dropped, doubled, swapped or replaced by anything."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(lines) - 1))
        other = draw(
            st.sampled_from(LINES) | any_text | st.sampled_from(["---", "```", "```python", "## Code", "### "])
        )
        lines[place : place + draw(st.integers(0, 2))] = [other]
    return "\n".join(lines)


@bounded
@given(changed_entry() | any_text)
def test_entry_file_is_read_or_its_faults_are_told(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "dropout.md").write_text(text, encoding="utf-8", newline="")
        told = refusal(read_entries, Path(folder))
    assert told is None or "dropout.md:" in told


@few
@given(st.binary(max_size=300))
def test_entry_file_of_any_bytes_is_read_or_its_faults_are_told(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "x.md").write_bytes(data)
        with pytest.raises(CorpusError):
            read_entries(Path(folder))


@bounded
@given(json_value | st.fixed_dictionaries({"id": any_text, "text": any_text, "relevant": json_value}))
def test_query_file_is_read_or_its_faults_are_told(value: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "q.jsonl").write_text(json.dumps(value) + "\n")
        told = refusal(read_sets, [Path(folder, "q.jsonl")], ())
    assert told is None or "q.jsonl:" in told


@bounded
@given(st.binary(max_size=40), st.binary(max_size=40), st.binary(max_size=40))
def test_headers_of_any_bytes_are_let_pass_or_refused_with_a_reason(host: bytes, origin: bytes, length: bytes) -> None:
    guard = Guard(lambda *_: None, hosts=("localhost",), origins=(), max_body=100)  # type: ignore[arg-type, return-value]
    headers = Headers(raw=[(b"host", host), (b"origin", origin), (b"content-length", length)])
    refusal = guard._refusal(headers, "POST")
    assert refusal is None or (400 <= refusal[0] < 500 and refusal[1])


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    memory = Memory(tmp_path_factory.mktemp("parsers") / "db")
    entry = Entry("one", 1, "interview", "Basics", "What is one?", "A number.")
    parts = build_tutor(
        Settings(verify_in_background=False),
        entries=[entry],
        retriever=KeywordRetriever([entry]),
        sandbox=FakeSandbox(),
        memory=memory,
    )
    app = create_app(parts, Settings(verify_in_background=False))
    yield TestClient(app, base_url="http://localhost", raise_server_exceptions=False)
    memory.close()


chat_body = st.fixed_dictionaries(
    {"message": any_text},
    optional={"conversation_id": json_value, "collection": json_value, "stream": st.booleans(), "more": json_value},
)


@few
@given(json_value.map(json.dumps).map(str.encode) | chat_body.map(json.dumps).map(str.encode) | st.binary())
def test_request_of_any_body_gets_a_reply_or_a_problem(client: TestClient, body: bytes) -> None:
    response = client.post("/v1/chat", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 200 or response.json()["status"] == response.status_code < 500


@few
@given(st.sampled_from(["Last-Event-ID", "Idempotency-Key", "Authorization", "Cookie", "X-Request-ID"]), st.binary())
def test_header_of_any_bytes_is_read_or_refused(client: TestClient, name: str, value: bytes) -> None:
    response = client.post("/v1/chat", json={"message": "hello"}, headers={name: value})
    assert response.status_code in (200, 400, 401, 422, 429)


@few
@given(st.binary(max_size=200))
def test_backup_of_any_bytes_is_refused(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "backup").write_bytes(data)
        with pytest.raises(TutorError, match="backup"):
            restore(Settings(home=Path(folder, "home")), Path(folder, "backup"))


@few
@given(any_text)
def test_settings_limit_is_understood_or_refused(text: str) -> None:
    told = refusal(lambda: Settings(rate_limit=text))
    assert "60/minute" in told if told else text == "off" or Quota(text)


@bounded
@given(any_text, any_text)
def test_anything_logged_is_one_line_of_json(message: str, value: str) -> None:
    record = logging.LogRecord("x", logging.INFO, "f", 1, "%s", (message,), None)
    record.fields = {"value": value}
    line = JsonFormatter(tell_all=False).format(record)
    assert json.loads(line)["message"] == message
    assert len(line.splitlines()) == 1


@bounded
@given(any_text, any_text)
def test_outputs_are_compared_without_an_error_and_each_is_the_same_as_itself(one: str, other: str) -> None:
    assert same_output(one, one)
    assert same_output(one, other) == same_output(other, one) or any(c.isdigit() for c in one)
