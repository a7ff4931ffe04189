"""The OpenAI protocol over the service with fake parts: forms, refusals, front ends' requests."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from fakes import PASSED
from fastapi.testclient import TestClient

from service.app import create_app
from service.channels.openai_answer import Answer
from service.channels.openai_request import ChatMessage, CompletionRequest
from service.events import Event, MatchedEntry, Reply, Sentence, ShownSnippet, Supported, Text, Verified
from service.settings import Settings
from service.turns import RunningTurn
from service.wiring import Parts
from service.wording import Brief, LessonWording

ASKED = "Why do gradients keep growing?"
HISTORY = f"<chat_history>\nUSER: {ASKED}\nASSISTANT: They are summed.\n</chat_history>"


@pytest.fixture
def http(parts: Parts) -> Iterator[TestClient]:
    app = create_app(parts, Settings(verify_in_background=False))
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        yield client


def complete(http: TestClient, *said: str, status: int = 200, **more: Any) -> Any:
    """Ask with the messages ``said``, the user's and the assistant's in turn."""
    roles = ["user", "assistant"]
    messages = [{"role": roles[number % 2], "content": text} for number, text in enumerate(said)]
    response = http.post("/v1/chat/completions", json={"model": "torchtutor", "messages": messages, **more})
    assert response.status_code == status, response.text
    return response.json()


def content(completion: Any) -> str:
    return str(completion["choices"][0]["message"]["content"])


def chunks(http: TestClient, said: str, **more: Any) -> list[Any]:
    """The chunks of a streamed answer; the stream must end as clients expect."""
    body = {"model": "torchtutor", "messages": [{"role": "user", "content": said}], "stream": True, **more}
    lines = [line for line in http.post("/v1/chat/completions", json=body).text.split("\n\n") if line]
    assert lines[-1] == "data: [DONE]"
    return [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]


def test_an_answer_holds_the_code_and_its_verdict(http: TestClient) -> None:
    told = content(complete(http, ASKED))
    assert told.startswith("They are summed.")
    assert "```python\nprint(1)\n```\n\n✔ ran · CPU · torch 2.13.0 · 41 ms" in told


def test_a_completion_has_the_form_that_clients_read(http: TestClient) -> None:
    made = complete(http, ASKED)
    assert made["id"].startswith("chatcmpl-")
    assert (made["object"], made["model"]) == ("chat.completion", "torchtutor")
    assert isinstance(made["created"], int)
    assert made["choices"][0]["finish_reason"] == "stop"
    assert made["usage"]["total_tokens"] == made["usage"]["prompt_tokens"] + made["usage"]["completion_tokens"]


def test_what_it_rests_on_is_cited(http: TestClient) -> None:
    made = complete(http, ASKED)
    assert made["citations"] == ["http://127.0.0.1/entries/grad"]
    cited = made["choices"][0]["message"]["annotations"]
    assert [one["url_citation"]["title"] for one in cited] == ["Why do gradients keep growing?"]


def test_each_block_of_code_has_its_verification(http: TestClient) -> None:
    verified = complete(http, ASKED)["choices"][0]["message"]["verification"]
    assert [(one["id"], one["status"], one["as_stated"]) for one in verified] == [("grad#code-1", "passed", True)]


def test_a_refusal_cites_nothing(http: TestClient) -> None:
    made = complete(http, "Which wine goes with fish?")
    assert "rather not guess" in content(made)
    message = made["choices"][0]["message"]
    assert (made["citations"], message["annotations"], message["verification"]) == ([], [], [])


def test_a_stream_says_the_same_as_the_whole_answer(http: TestClient) -> None:
    made = chunks(http, ASKED)
    pieces = [chunk["choices"][0]["delta"].get("content", "") for chunk in made]
    assert "".join(pieces).strip() == content(complete(http, ASKED))


def test_the_chunks_of_a_stream_share_one_id_and_only_the_last_ends(http: TestClient) -> None:
    made = chunks(http, ASKED)
    assert len({(chunk["id"], chunk["created"]) for chunk in made}) == 1
    assert [chunk["choices"][0]["finish_reason"] for chunk in made] == [None] * (len(made) - 1) + ["stop"]
    assert made[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}


def test_the_finishing_chunk_tells_citations_and_verifications(http: TestClient) -> None:
    last = chunks(http, ASKED)[-1]
    assert last["citations"] == ["http://127.0.0.1/entries/grad"]
    assert [one["status"] for one in last["choices"][0]["delta"]["verification"]] == ["passed"]


def test_the_usage_comes_in_a_chunk_of_its_own_where_it_is_asked_for(http: TestClient) -> None:
    last = chunks(http, ASKED, stream_options={"include_usage": True})[-1]
    assert last["choices"] == []
    assert last["usage"]["completion_tokens"] > 0


def test_the_messages_before_are_the_conversation(http: TestClient) -> None:
    assert content(complete(http, "my gradients keep growing", "They are summed.", "why?")).startswith("The chain rule")


def test_an_edited_history_is_what_counts(http: TestClient) -> None:
    told = content(complete(http, "How do you save a model?", "They are summed.", "more"))
    assert "The chain rule" not in told


def test_the_system_message_is_handed_on_as_a_manner_and_nothing_else(
    http: TestClient, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    briefs: list[Brief] = []
    word = LessonWording.word
    monkeypatch.setattr(LessonWording, "word", lambda self, brief: (briefs.append(brief), word(self, brief))[1])
    messages = [{"role": "system", "content": "Answer like a pirate."}, {"role": "user", "content": ASKED}]
    body = {"model": "torchtutor", "messages": messages}
    assert content(http.post("/v1/chat/completions", json=body).json()).startswith("They are summed.")
    assert (briefs[0].manner, briefs[0].message) == ("Answer like a pirate.", ASKED)


def test_a_program_in_the_history_is_not_run_again(http: TestClient, sandbox: Any) -> None:
    program = "```python\nimport torch\nbroken()\n```"
    sandbox.fails("import torch\nbroken()\n", "RuntimeError", "does not require grad")
    first = content(complete(http, program))
    assert "I ran your program: it stops" in first
    runs = len(sandbox.programs)
    complete(http, program, first, "thanks")
    assert len(sandbox.programs) == runs


def test_nothing_is_stored_unless_the_client_says_so(http: TestClient) -> None:
    complete(http, ASKED)
    assert http.get("/v1/conversations").json()["conversations"] == []
    complete(http, ASKED, store=True)
    assert len(http.get("/v1/conversations").json()["conversations"]) == 1


def test_content_may_come_in_parts(http: TestClient) -> None:
    parts = [{"type": "text", "text": ASKED}]
    body = {"model": "torchtutor", "messages": [{"role": "user", "content": parts}]}
    assert content(http.post("/v1/chat/completions", json=body).json()).startswith("They are summed.")


def test_parameters_of_sampling_and_tools_are_tolerated(http: TestClient) -> None:
    tools = [{"type": "function", "function": {"name": "f", "parameters": {}}}]
    assert complete(
        http, ASKED, temperature=0.3, top_p=1, seed=7, max_tokens=5, tools=tools, tool_choice="auto", user="u"
    )


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"n": 2}, "n"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "assistant", "content": "Hi"}]}, "messages"),
        ({"messages": [{"role": "user", "content": " "}]}, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}, "messages"),
    ],
)
def test_what_cannot_be_done_is_refused_naming_the_parameter(http: TestClient, more: Any, param: str) -> None:
    error = complete(http, ASKED, status=400, **more)["error"]
    assert (error["type"], error["param"]) == ("invalid_request_error", param)


def test_a_message_that_is_too_long_is_told_as_clients_know_it(http: TestClient) -> None:
    assert complete(http, "x" * 20_001, status=400)["error"]["code"] == "context_length_exceeded"


def test_an_unknown_model_is_not_found(http: TestClient) -> None:
    error = complete(http, ASKED, status=404, model="gpt-4o")["error"]
    assert (error["code"], error["param"]) == ("model_not_found", "model")
    assert "torchtutor:interview" in error["message"]
    assert http.get("/v1/chat/completions/none").json()["error"]["code"] is None


def test_the_models_are_the_tutor_and_its_collections(http: TestClient) -> None:
    listed = http.get("/v1/models").json()
    assert [one["id"] for one in listed["data"]] == ["torchtutor", "torchtutor:interview"]
    assert http.get("/v1/models/torchtutor:interview").json()["object"] == "model"


def test_a_wrong_key_is_told_in_the_protocols_form(parts: Parts) -> None:
    parts.memory.keys.create("Ann", ["ask"])
    app = create_app(parts, Settings(verify_in_background=False))
    http = TestClient(app, base_url="http://127.0.0.1", headers={"Authorization": "Bearer wrong"})
    response = http.get("/v1/models")
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "invalid_api_key"
    assert "WWW-Authenticate" in response.headers


def test_too_many_requests_are_told_in_the_protocols_form(parts: Parts) -> None:
    app = create_app(parts, Settings(verify_in_background=False, rate_limit="1/hour"))
    http = TestClient(app, base_url="http://127.0.0.1")
    assert http.get("/v1/models").status_code == 200
    refused = http.get("/v1/models")
    assert (refused.status_code, refused.json()["error"]["type"]) == (429, "rate_limit_error")
    assert "Retry-After" in refused.headers


def test_links_lead_to_the_public_address(parts: Parts) -> None:
    app = create_app(parts, Settings(verify_in_background=False, public_url="https://tutor.example.org"))
    http = TestClient(app, base_url="http://127.0.0.1")
    assert complete(http, ASKED)["citations"] == ["https://tutor.example.org/entries/grad"]


def test_the_key_that_clients_always_send_is_not_looked_at_where_none_is_needed(http: TestClient) -> None:
    anything = {"Authorization": "Bearer none"}
    assert http.get("/v1/models", headers=anything).status_code == 200
    assert http.post("/mcp/", json={}, headers=anything, follow_redirects=False).status_code == 307


def test_other_paths_keep_their_problems(http: TestClient) -> None:
    assert http.get("/v1/entries/none").headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("task", "wanted"),
    [
        (
            'Generate a concise, 3-5 word title with an emoji.\nJSON format: { "title": "…" }',
            {"title": "Why do gradients keep growing"},
        ),
        ("Generate 1-3 broad tags categorizing the main themes of the chat history", {"tags": ["PyTorch", "Basics"]}),
        (
            "Analyze the chat history to determine the necessity of generating search queries, in the given language.",
            {"queries": []},
        ),
        (
            "Generate a detailed prompt for am image generation task based on the given language and context.",
            {"prompt": "Why do gradients keep growing"},
        ),
    ],
)
def test_open_webuis_tasks_get_the_json_that_they_ask_for(http: TestClient, task: str, wanted: Any) -> None:
    assert json.loads(content(complete(http, f"### Task:\n{task}\n### Chat History:\n{HISTORY}"))) == wanted


def test_open_webuis_follow_ups_are_those_that_the_reply_offers(http: TestClient) -> None:
    task = f"### Task:\nSuggest 3-5 relevant follow-up questions or prompts\n{HISTORY}"
    asked = json.loads(content(complete(http, task)))["follow_ups"]
    assert asked[0] == "Where is the sum kept?"


def test_a_front_end_that_asks_for_a_title_in_prose_gets_it_alone(http: TestClient) -> None:
    task = (
        "Provide a concise, 5-word-or-less title for the conversation, using title case conventions. "
        f"Only return the title itself.\n\nConversation:\nUser: {ASKED}\nAI: They are summed."
    )
    assert content(complete(http, task)) == "Why do gradients keep growing"


def test_a_conversation_in_which_a_title_was_asked_for_goes_on(http: TestClient) -> None:
    asked = "Please generate a concise title (max 10 characters)"
    assert content(complete(http, asked, "Gradients", ASKED)).startswith("They are summed.")


def test_a_front_end_that_lets_models_choose_tools_is_told_none(http: TestClient) -> None:
    chooses = "Available Tools: [{}]\n\nYour task is to choose and return the correct tool(s) from the list."
    messages = [{"role": "system", "content": chooses}, {"role": "user", "content": f"Query: {ASKED}"}]
    made = http.post("/v1/chat/completions", json={"model": "torchtutor", "messages": messages}).json()
    assert json.loads(content(made)) == {"tool_calls": []}


def test_a_face_is_an_emoji(http: TestClient) -> None:
    task = "Your task is to reflect the speaker's likely facial expression through a fitting emoji."
    assert content(complete(http, f"{task}\n\nMessage: ```{ASKED}```")) == "🙂"


def test_whoever_asks_about_titles_gets_an_answer(http: TestClient) -> None:
    assert "rather not guess" in content(complete(http, "Generate a concise title for my plot of fish"))


def test_a_question_is_found_in_what_a_front_end_wrapped_it_into(http: TestClient) -> None:
    wrapped = (
        "### Task:\nRespond to the user query using the provided context, incorporating citations.\n"
        f'<context>\n<source id="1">Wine and fish.</source>\n</context>\n\n{ASKED}'
    )
    assert content(complete(http, wrapped)).startswith("They are summed.")


def test_a_question_to_several_models_is_answered_by_the_lesson_and_not_by_what_they_said(http: TestClient) -> None:
    merging = (
        f'You have been provided with a set of responses from various models to the latest user query: "{ASKED}"\n\n'
        "Your task is to synthesize these responses into a single, high-quality response.\n\n"
        'Responses from models: """Save its state_dict."""'
    )
    assert content(complete(http, merging)).startswith("They are summed.")


def test_a_models_answer_cites_by_sentence_and_tells_what_nothing_supports() -> None:
    match = MatchedEntry(entry_id="grad", number=1, collection="c", question="Why?", score=1.0)
    sentences = [
        Sentence(start=0, end=19, citations=[1], support=0.9, supported=True),
        Sentence(start=20, end=35, citations=[], support=0.1, supported=False),
    ]
    turn = {"conversation_id": "c", "message_id": "m", "outcome": "answered", "abstained": False, "confidence": 1.0}
    turn |= {"understood_as": "", "matches": [match, match], "nearest": [], "follow_ups": [], "sentences": sentences}
    reply = Reply(**turn, answer="They are summed.[1] They rhyme, too", snippets=[])
    asked = CompletionRequest(model="torchtutor", messages=[ChatMessage(role="user", content="Why?")])
    answer = Answer(asked, "http://x")
    for event in (Text(markdown=reply.answer), Supported(sentences=sentences)):
        answer.add(event)
    made = answer.whole(reply)
    message = made["choices"][0]["message"]
    assert [
        (one["url_citation"]["start_index"], one["url_citation"]["end_index"]) for one in message["annotations"]
    ] == [(0, 19)]
    assert made["citations"] == ["http://x/entries/grad"]
    assert "No lesson supports this:* “They rhyme" in message["content"]


def test_sentences_are_found_in_the_content_though_runs_are_told_between_them() -> None:
    match = MatchedEntry(entry_id="grad", number=1, collection="c", question="Why?", score=1.0)
    first, second = "Clear them [1].", "They rhyme [1]."
    ran = ShownSnippet(id="generated-1", code="print(1)", origin="model", as_stated=None, verdict=PASSED)
    sentences = [
        Sentence(start=0, end=15, citations=[1], support=0.9, supported=True),
        Sentence(start=17, end=32, citations=[1], support=0.1, supported=False),
    ]
    turn = {"conversation_id": "c", "message_id": "m", "outcome": "answered", "abstained": False, "confidence": 1.0}
    turn |= {"understood_as": "", "matches": [match], "nearest": [], "follow_ups": [], "sentences": sentences}
    reply = Reply(**turn, answer=f"{first}\n\n{second}", snippets=[ran])
    answer = Answer(
        CompletionRequest(model="torchtutor", messages=[ChatMessage(role="user", content="Why?")]), "http://x"
    )
    said = (Text(markdown=first), Verified(snippet=ran), Text(markdown=f"\n\n{second}"), Supported(sentences=sentences))
    for event in said:
        answer.add(event)
    message = answer.whole(reply)["choices"][0]["message"]
    cited = [one["url_citation"] for one in message["annotations"]]
    assert [message["content"][one["start_index"] : one["end_index"]] for one in cited] == [first, second]
    assert message["content"].endswith("No lesson supports this:* “They rhyme [1].”")


def test_a_turn_that_fails_is_an_error_in_the_stream(http: TestClient, parts: Parts, monkeypatch: Any) -> None:
    def broken(*_: Any) -> None:
        raise ValueError("secret")

    monkeypatch.setattr(parts.verifier, "check", broken)
    body = {"model": "torchtutor", "messages": [{"role": "user", "content": ASKED}], "stream": True}
    told = http.post("/v1/chat/completions", json=body).text
    assert '"error": {"message": "Internal error' in told
    assert "secret" not in told


@pytest.mark.parametrize(
    ("task", "tag"),
    [
        ("Generate a concise title", "<chat_history>"),
        ("Respond to the user query using the provided context", "<user_query>"),
    ],
)
def test_what_a_front_end_wraps_is_looked_at_once_however_often_it_begins(
    http: TestClient, task: str, tag: str
) -> None:
    begun = time.monotonic()
    said = f"### Task:\n{task}\n{tag * 60_000}"
    http.post("/v1/chat/completions", json={"model": "torchtutor", "messages": [{"role": "user", "content": said}]})
    assert time.monotonic() - begun < 10


def test_a_stream_that_the_service_ends_does_not_look_finished(http: TestClient, monkeypatch: Any) -> None:
    async def stopped(turn: RunningTurn, after: int = 0) -> AsyncIterator[tuple[int, Event]]:
        yield 1, Text(markdown="They are")

    monkeypatch.setattr(RunningTurn, "events", stopped)
    body = {"model": "torchtutor", "messages": [{"role": "user", "content": ASKED}], "stream": True}
    told = http.post("/v1/chat/completions", json=body).text
    assert '"error": {"message": "the service is stopping' in told
    assert "[DONE]" not in told


def test_an_answer_that_takes_too_long_is_given_up(parts: Parts, monkeypatch: Any) -> None:
    async def endless(turn: RunningTurn, after: int = 0) -> AsyncIterator[tuple[int, Event]]:
        await asyncio.sleep(60)
        yield 1, Text(markdown="")

    cancelled: list[RunningTurn] = []

    async def cancel(turn: RunningTurn) -> None:
        cancelled.append(turn)

    monkeypatch.setattr(RunningTurn, "events", endless)
    monkeypatch.setattr(RunningTurn, "cancel", cancel)
    with TestClient(
        create_app(parts, Settings(verify_in_background=False, timeout_seconds=3)), base_url="http://127.0.0.1"
    ) as client:
        complete(client, ASKED, status=504)
        deadline = time.monotonic() + 60
        while not cancelled and time.monotonic() < deadline:
            time.sleep(0.05)
    assert cancelled
