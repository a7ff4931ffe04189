"""The OpenAI protocol as its clients use it: openai, langchain-openai and llm against a real server."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import httpx
import openai
import pytest
from conftest import Server
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI
from openai.types.chat import ChatCompletionMessageParam

pytestmark = pytest.mark.integration

PAGE = (Path(__file__).parent.parent / "docs" / "openai.md").read_text()
ASKED = "what does zero_grad do?"
SECONDS = 180


@pytest.fixture(scope="module")
def client(server: Server) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key="none needed", max_retries=0, timeout=SECONDS)


@pytest.fixture(scope="module")
def model(server: Server) -> ChatOpenAI:
    return ChatOpenAI(base_url=f"{server.url}/v1", api_key="none", model="torchtutor", timeout=SECONDS)  # type: ignore[arg-type]


def said(*texts: str) -> list[ChatCompletionMessageParam]:
    messages: list[ChatCompletionMessageParam] = []
    for number, text in enumerate(texts):
        messages.append({"role": "assistant", "content": text} if number % 2 else {"role": "user", "content": text})
    return messages


def blocks(language: str) -> list[str]:
    """The page's blocks of code in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_openai_client_reads_the_answer_with_citations_and_verifications(client: openai.OpenAI, server: Server) -> None:
    made = client.chat.completions.create(model="torchtutor", messages=said(ASKED))
    message = made.choices[0].message
    assert "```python" in (message.content or "")
    assert message.annotations
    cited = message.annotations[0].url_citation
    assert server.http.get(cited.url).status_code == 200
    extra = made.model_extra or {}
    assert cited.url in extra["citations"]
    verified = (message.model_extra or {})["verification"]
    assert verified[0]["status"] == "passed"
    assert verified[0]["code"].rstrip() in (message.content or "")
    assert made.usage is not None
    assert made.usage.total_tokens > 0


def test_openai_client_streams_the_same_answer_and_its_usage(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(model="torchtutor", messages=said(ASKED)).choices[0].message.content
    options: openai.types.chat.ChatCompletionStreamOptionsParam = {"include_usage": True}
    chunks = list(
        client.chat.completions.create(model="torchtutor", messages=said(ASKED), stream=True, stream_options=options)
    )
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices).strip() == whole
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage is not None
    assert (chunks[-1].choices, chunks[-1].usage.prompt_tokens > 0) == ([], True)


def test_openai_clients_stream_helper_folds_the_chunks(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(model="torchtutor", messages=said("hi")) as stream:
        folded = stream.get_final_completion()
    assert "PyTorch" in (folded.choices[0].message.content or "")


def test_first_follow_up_knows_what_was_spoken_about(client: openai.OpenAI) -> None:
    first = client.chat.completions.create(model="torchtutor", messages=said(ASKED)).choices[0].message.content or ""
    made = client.chat.completions.create(model="torchtutor", messages=said(ASKED, first, "what if I don't?"))
    cited = made.choices[0].message.annotations or []
    assert [one.url_citation.url.rpartition("/")[2] for one in cited] == ["optimizer-setup"]


def test_openai_client_raises_its_own_errors(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="there are: torchtutor"):
        client.chat.completions.create(model="gpt-4o", messages=said(ASKED))
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="torchtutor", messages=said(ASKED), n=3)
    assert refused.value.param == "n"


def test_openai_client_lists_the_models(client: openai.OpenAI) -> None:
    assert [one.id for one in client.models.list()][:2] == ["torchtutor", "torchtutor:interview"]
    assert client.models.retrieve("torchtutor").owned_by == "torchtutor"


def cancelled(server: Server) -> float:
    """How many turns were cancelled so far."""
    told = re.search(
        r'^torchtutor_turns_total{outcome="cancelled"} (\S+)$', server.http.get("/metrics").text, re.MULTILINE
    )
    return float(told[1]) if told else 0.0


def test_client_that_leaves_a_stream_stops_its_turn(server: Server) -> None:
    program = "```python\nimport time\ntime.sleep(60)\nprint('late')\n```"
    before = cancelled(server)
    body = {"model": "torchtutor", "messages": said(program), "stream": True}
    with httpx.stream("POST", f"{server.url}/v1/chat/completions", json=body, timeout=SECONDS) as stream:
        next(stream.iter_lines())
    for _ in range(SECONDS):
        if cancelled(server) > before:
            return
        time.sleep(1)
    raise AssertionError("the turn was not cancelled")


def test_langchain_invokes_and_streams(model: ChatOpenAI) -> None:
    answer = model.invoke([SystemMessage("Answer like a pirate."), HumanMessage(ASKED)])
    assert "```python" in str(answer.content)
    assert answer.usage_metadata is not None
    streamed = "".join(str(chunk.content) for chunk in model.stream([HumanMessage(ASKED)]))
    assert streamed.strip() == answer.content


def test_langchain_goes_on_with_the_conversation(model: ChatOpenAI) -> None:
    first = model.invoke([HumanMessage(ASKED)])
    second = model.invoke([HumanMessage(ASKED), AIMessage(str(first.content)), HumanMessage("show me the code")])
    assert "zero_grad" in str(second.content)


@pytest.mark.parametrize("number", range(2))
def test_programs_on_the_page_work_as_they_stand(
    server: Server, number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    exec(blocks("python")[number].replace("http://127.0.0.1:8000", server.url), {})
    assert "optimizer.zero_grad()" in capsys.readouterr().out


def test_curl_on_the_page_works_as_it_stands(server: Server) -> None:
    command = blocks("sh")[0].replace("http://127.0.0.1:8000", server.url)
    told = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=SECONDS, check=True).stdout
    assert json.loads(told)["object"] == "chat.completion"


def test_llm_asks_and_goes_on_as_the_page_says(server: Server, tmp_path: Path) -> None:
    models = blocks("yaml")[0].replace("http://127.0.0.1:8000", server.url)
    (tmp_path / "extra-openai-models.yaml").write_text(models)
    environment = {**os.environ, "LLM_USER_PATH": str(tmp_path)}

    def llm(*arguments: str) -> str:
        command = [Path(sys.executable).with_name("llm"), *arguments]
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    first = llm("-m", "torchtutor", ASKED)
    assert "```python" in first
    assert llm("-m", "torchtutor", "--no-stream", ASKED).strip() == first.strip()
    assert "gradient" in llm("-c", "why?")
