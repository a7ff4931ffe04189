"""A real server whose language model is a small server that speaks OpenAI's protocol, and fails in every way."""

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Server
from llm_server import LLMServer, Messages, llm_server

pytestmark = pytest.mark.integration

QUESTION = "what does torch.no_grad do?"
ANSWER = "Inside `torch.no_grad()` autograd records nothing [1]. It makes bananas blue every Tuesday [1]. See [8]."
PROGRAM = (
    "import torch\n\nwith torch.no_grad():\n    x = torch.ones(2, requires_grad=True) * 2\nprint(x.requires_grad)\n"
)
LESSON = "This is the lesson's own answer"


@pytest.fixture(scope="module")
def llm() -> Iterator[LLMServer]:
    with llm_server() as running:
        yield running


@pytest.fixture(scope="module")
def tutor(llm: LLMServer, state_folder: Path, start_server: Callable[..., Server]) -> Server:
    """One that waits for its model as long as a busy machine may take."""
    return start_server(
        state_folder,
        TUTOR_LLM="openai:fake",
        TUTOR_LLM_BASE_URL=llm.url,
        TUTOR_LLM_API_KEY="secret-key",
        TUTOR_LLM_SILENCE_SECONDS="60",
        TUTOR_LLM_SECONDS="300",
        OPENAI_API_KEY="not-for-this-server",
        LANGSMITH_TRACING="true",
        LANGSMITH_ENDPOINT=llm.url.removesuffix("/v1") + "/langsmith",
        LANGSMITH_API_KEY="x",
    )


@pytest.fixture(scope="module")
def hasty(llm: LLMServer, state_folder: Path, start_server: Callable[..., Server]) -> Server:
    """One that waits for its model for a moment."""
    return start_server(
        state_folder,
        TUTOR_LLM="openai:fake",
        TUTOR_LLM_BASE_URL=llm.url,
        TUTOR_LLM_SILENCE_SECONDS="1",
        TUTOR_LLM_SECONDS="2",
    )


@pytest.fixture(autouse=True)
def good(llm: LLMServer) -> Iterator[None]:
    llm.behaviour, llm.reply = "good", lambda messages: ANSWER
    yield
    llm.open.clear()


def ask(tutor: Server, message: str = QUESTION, conversation_id: str | None = None) -> dict[str, Any]:
    response = tutor.http.post("/v1/chat", json={"message": message, "conversation_id": conversation_id})
    assert response.status_code == 200, response.text
    reply: dict[str, Any] = response.json()
    return reply


def test_answer_is_the_models_cited_and_judged(tutor: Server) -> None:
    reply = ask(tutor)
    assert (reply["worded_by"], reply["matches"][0]["entry_id"]) == ("openai:fake", "no-grad")
    assert reply["answer"] == ANSWER.replace("[8]", "[8?]")
    told = {reply["answer"][one["start"] : one["end"]]: one for one in reply["sentences"]}
    true, false, *_ = told.values()
    assert (true["supported"], false["supported"], true["citations"]) == (True, False, [1])


def test_shared_answer_keeps_its_judgement_and_the_models_name(tutor: Server) -> None:
    reply = ask(tutor)
    url = tutor.http.post(f"/v1/conversations/{reply['conversation_id']}/share").json()["url"]
    (message,) = tutor.http.get(url).json()["messages"]
    assert not all(one["supported"] for one in message["sentences"])
    assert (message["sentences"], message["worded_by"]) == (reply["sentences"], reply["worded_by"])


def test_prompt_holds_the_lessons_with_their_verdicts_and_no_tools(tutor: Server, llm: LLMServer) -> None:
    ask(tutor)
    sent = llm.last
    assert not {"tools", "functions", "tool_choice"} & set(sent)
    assert (sent["stream"], sent["headers"]["authorization"]) == (True, "Bearer secret-key")
    told = sent["messages"][1]["content"]
    assert '<lesson number="1">\n# When and why would you use torch.no_grad()' in told
    assert re.search(r"Its run: passed; it printed:\nrepeatable: True", told) or "Its run: not run here" in told


def test_text_streams_as_the_model_speaks(tutor: Server, llm: LLMServer) -> None:
    llm.behaviour = "slow"
    times = {}
    started = time.monotonic()
    with tutor.http.stream("POST", "/v1/chat", json={"message": QUESTION, "stream": True}) as response:
        for line in response.iter_lines():
            if line.startswith("event: "):
                times.setdefault(line.removeprefix("event: "), time.monotonic() - started)
    assert list(times) == ["matched", "text", "verified", "supported", "done"]
    assert times["supported"] - times["text"] > 2


def test_code_of_the_model_is_run_in_the_sandbox_as_it_is_shown(tutor: Server, llm: LLMServer) -> None:
    llm.reply = lambda messages: f"Nothing is recorded [1].\n\n```python\n{PROGRAM}```\n"
    reply = ask(tutor)
    (snippet,) = [one for one in reply["snippets"] if one["origin"] == "model"]
    assert (snippet["code"], snippet["verdict"]["status"], snippet["verdict"]["stdout"]) == (
        PROGRAM,
        "passed",
        "False\n",
    )
    assert f"```python\n{snippet['code']}```" in reply["answer"]


def test_code_that_fails_is_mended_once(tutor: Server, llm: LLMServer) -> None:
    def reply(messages: Messages) -> str:
        mended = messages[-1]["content"].startswith("Your program was run and fails")
        return (
            f"So [1].\n\n```python\n{PROGRAM if mended else 'import torch' + chr(10) + 'torch.nograd()' + chr(10)}```\n"
        )

    llm.reply = reply
    answered = ask(tutor)
    assert [one["verdict"]["status"] for one in answered["snippets"]] == ["failed", "passed"]
    assert "AttributeError" in llm.last["messages"][-1]["content"]


def test_code_that_would_reach_out_does_not(tutor: Server, llm: LLMServer) -> None:
    port = llm.server_port
    code = f"import urllib.request\nurllib.request.urlopen('http://127.0.0.1:{port}/stolen', timeout=3)\n"
    llm.reply = lambda messages: f"So [1].\n\n```python\n{code}```\n"
    reply = ask(tutor)
    assert {one["verdict"]["status"] for one in reply["snippets"] if one["origin"] == "model"} == {"failed"}
    assert any(one["origin"] == "corpus" and one["as_stated"] for one in reply["snippets"])
    assert llm.elsewhere == []


@pytest.mark.parametrize(
    ("behaviour", "told"),
    [
        ("rate_limit", "asked too much"),
        ("broken", "error 500"),
        ("key", "does not accept"),
        ("redirect", "error 307"),
        ("malformed", "cannot be read"),
        ("refusal", "said nothing"),
        ("length", "limit of 800 tokens"),
        ("cut_off", "broke off"),
        ("broken_off", "cannot be reached"),
        ("empty", "said nothing"),
    ],
)
def test_provider_that_fails_is_followed_by_the_lessons_answer(
    tutor: Server, llm: LLMServer, behaviour: str, told: str
) -> None:
    ask(tutor)  # so that it never fails three times in a row
    llm.behaviour = behaviour
    reply = ask(tutor)
    assert f"*The language model {told}" in reply["answer"] or told in reply["answer"]
    assert LESSON in reply["answer"]
    assert "`requires_grad=False`" in reply["answer"].split(LESSON)[1]
    assert (reply["worded_by"] is None) == (behaviour not in ("length", "cut_off", "broken_off"))
    assert reply["snippets"][0]["origin"] == "corpus"


@pytest.mark.parametrize("behaviour", ["silent", "drips", "drips_text"])
def test_provider_that_takes_too_long_is_followed_by_the_lessons_answer(
    hasty: Server, llm: LLMServer, behaviour: str
) -> None:
    llm.behaviour = behaviour
    reply = ask(hasty)
    assert "*The language model took" in reply["answer"]
    assert LESSON in reply["answer"]
    assert not llm.open.is_set()


def test_what_is_not_covered_is_refused_without_asking(tutor: Server, llm: LLMServer) -> None:
    before = len(llm.requests)
    assert ask(tutor, "how do I boil an egg?")["abstained"] is True
    assert len(llm.requests) == before


def test_everybody_is_told_which_model_words_the_answers(tutor: Server) -> None:
    ready = tutor.http.get("/readyz").json()
    assert (ready["worded_by"], ready["model_rests"]) == ("openai:fake", False)
    assert 'torchtutor_model_tokens_total{direction="completion"}' in tutor.http.get("/metrics").text


def test_nothing_goes_anywhere_but_to_the_configured_address(tutor: Server, llm: LLMServer) -> None:
    ask(tutor)
    time.sleep(1)  # tracing would be sent in the background
    assert llm.elsewhere == []
    assert all("not-for-this-server" not in json.dumps(request) for request in llm.requests)


def test_log_tells_neither_question_nor_answer_nor_key(tutor: Server) -> None:
    ask(tutor)
    log = tutor.log.read_text()
    assert not any(secret in log for secret in ("secret-key", "bananas", QUESTION))


def test_without_a_model_nothing_is_asked_and_the_lessons_speak(server: Server, llm: LLMServer) -> None:
    before = len(llm.requests)
    reply = ask(server)
    assert (reply["worded_by"], reply["sentences"]) == (None, [])
    assert server.http.get("/readyz").json()["worded_by"] is None
    assert len(llm.requests) == before
