"""The lessons as pages, over fakes: what they say, whom they let in, and that reading runs nothing."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import PASSED, FakeSandbox
from fastapi.testclient import TestClient
from test_service_markup import Tags

from corpus.entry import Entry, FollowUp, Pitfall, Snippet, StatedError
from index.retriever import KeywordRetriever
from service.app import create_app
from service.memory import Memory
from service.settings import Settings
from service.wiring import Parts, build_tutor

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)> \u202e\x1b[31m</title></pre>'
Open = Callable[..., TestClient]


@pytest.fixture
def open_client(parts: Parts) -> Iterator[Open]:
    opened: list[TestClient] = []

    def start(given: Parts = parts, **settings: object) -> TestClient:
        app = create_app(given, Settings(verify_in_background=False, **settings))  # type: ignore[arg-type]
        opened.append(TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False))
        return opened[-1]

    yield start
    for client in opened:
        client.close()


@pytest.fixture
def client(open_client: Open) -> TestClient:
    return open_client()


def ids(html: str) -> list[str]:
    return [str(attributes["id"]) for _, attributes in Tags(html).found if "id" in attributes]


def verify(parts: Parts) -> None:
    list(parts.verifier.check_all(parts.tutor.entries.values(), at_once=1))


def test_lesson_has_a_place_for_each_section_and_no_id_twice(client: TestClient) -> None:
    found = ids(client.get("/entries/grad").text)
    wanted = {"answer", "explanation", "code", "code-1", "pitfalls", "pitfall-1", "pitfall-1-broken"}
    assert wanted | {"pitfall-1-mended", "follow-ups", "follow-up-1"} <= set(found)
    assert len(found) == len(set(found))


def test_lesson_shows_what_its_runs_showed_and_reading_runs_nothing(
    client: TestClient, parts: Parts, sandbox: FakeSandbox
) -> None:
    before = client.get("/entries/grad").text
    assert before.count("not verified here: not run yet") == 3
    assert sandbox.programs == []
    verify(parts)
    runs = len(sandbox.programs)
    after = client.get("/entries/grad").text
    assert "all 3 snippets as stated" in after
    assert "ran on CPU · torch 2.13.0 · 41 ms" in after
    assert "fails as stated · CPU" in after
    assert "RuntimeError: does not require grad and more" in after
    assert len(sandbox.programs) == runs


def test_lesson_whose_code_does_something_else_says_so(client: TestClient, parts: Parts, sandbox: FakeSandbox) -> None:
    sandbox.verdicts["print(1)"] = replace(PASSED, stdout="2\n")
    verify(parts)
    page = client.get("/entries/grad").text
    assert "not as the lesson states: it printed something else than stated" in page
    assert "The lesson says that it prints" in page
    assert "1 of 3 snippets not as stated" in page
    assert '<a href="/entries/grad#code-1">' in client.get("/status").text


def test_lesson_names_itself_for_search_engines_and_previews(open_client: Open) -> None:
    page = open_client(public_url="https://tutor.example").get("/entries/grad").text
    assert "<title>Why do gradients keep growing? · torchtutor</title>" in page
    assert '<meta name="description" content="They are summed. Clear them.">' in page
    assert '<link rel="canonical" href="https://tutor.example/entries/grad">' in page
    data = json.loads(re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)[0])
    assert data["mainEntity"]["acceptedAnswer"]["text"] == "They are summed. Clear them."
    assert data["url"] == "https://tutor.example/entries/grad"


def test_without_a_public_address_no_page_claims_one(client: TestClient) -> None:
    assert "canonical" not in client.get("/entries/grad").text


def test_lesson_leads_on(client: TestClient) -> None:
    first, second = client.get("/entries/grad").text, client.get("/entries/save").text
    assert 'rel="next" href="/entries/save"' in first
    assert 'rel="prev" href="/entries/grad"' in second
    assert 'href="/?ask=Why%20do%20gradients%20keep%20growing%3F"' in first


def test_missing_lesson_is_404_and_offers_the_nearest(client: TestClient) -> None:
    page = client.get("/entries/save-a-model")
    assert page.status_code == 404
    assert '<a href="/entries/save">' in page.text


def test_list_shows_each_lesson_with_what_was_verified_where_and_when(client: TestClient, parts: Parts) -> None:
    verify(parts)
    page = client.get("/browse").text
    assert "all 3 snippets as stated" in page
    assert "CPU · torch 2.13.0" in page
    assert "2026-01-01" in page
    assert {"topic-interview-basics", "topic-interview-files"} <= set(ids(page))


def test_list_can_be_searched_without_a_script(client: TestClient) -> None:
    page = client.get("/browse", params={"q": "save a model"})
    assert page.text.index("/entries/save") < page.text.index("/entries/grad")
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert "script-src 'self';" in page.headers["content-security-policy"]


def test_status_tells_versions_isolation_and_what_waits(client: TestClient) -> None:
    page = client.get("/status").text
    for told in ("fake", "the lessons themselves", "3 snippets have no verdict yet", "not run yet"):
        assert told in page


def test_status_tells_no_path_and_no_address(open_client: Open, tmp_path: Path) -> None:
    page = open_client(trusted_proxies=("10.1.2.3",)).get("/status").text
    assert "10.1.2.3" not in page
    assert str(tmp_path) not in page


@pytest.mark.parametrize("path", ["/entries/grad", "/browse", "/status", "/entries/none"])
def test_signed_out_browser_gets_a_page_to_sign_in(open_client: Open, parts: Parts, path: str) -> None:
    _, secret = parts.memory.keys.create("ann", ["ask"])
    client = open_client()
    refused = client.get(path)
    assert (refused.status_code, refused.headers["content-type"]) == (401, "text/html; charset=utf-8")
    assert 'id="sign-in"' in refused.text
    assert "Why do gradients" not in refused.text
    assert refused.headers["www-authenticate"].startswith("Bearer")
    allowed = client.get(path, headers={"Authorization": f"Bearer {secret}"})
    assert allowed.status_code == (404 if path.endswith("none") else 200)


def test_page_asked_for_too_often_is_refused_by_a_page(open_client: Open) -> None:
    client = open_client(rate_limit="2/minute")
    answers = [client.get("/browse") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].headers["ratelimit-remaining"] == "0"
    assert "<h1>Too many requests</h1>" in answers[-1].text


def test_problem_of_the_api_stays_a_problem(client: TestClient) -> None:
    assert client.get("/v1/entries/none").headers["content-type"] == "application/problem+json"


def test_query_that_is_too_long_is_told_by_a_page(client: TestClient) -> None:
    answer = client.get("/browse", params={"q": "x" * 1000})
    assert (answer.status_code, "<h1>Unprocessable request</h1>" in answer.text) == (422, True)


def hostile_parts(memory: Memory) -> Parts:
    """Lessons with hostile text in every place, and in what their runs showed."""
    sandbox = FakeSandbox()
    stated = StatedError("RuntimeError", HOSTILE)
    entry = Entry(
        id="h",
        number=1,
        collection="own",
        topic=HOSTILE,
        question=HOSTILE,
        answer=HOSTILE,
        explanation=HOSTILE,
        code=(Snippet("h#code-1", "print(1)", HOSTILE, output=HOSTILE), Snippet("h#code-2", "print(2)")),
        pitfalls=(
            Pitfall(
                HOSTILE,
                HOSTILE,
                Snippet("h#pitfall-1-broken", HOSTILE, HOSTILE, error=stated),
                Snippet("h#pitfall-1-mended", "3", HOSTILE),
            ),
        ),
        follow_ups=(FollowUp(HOSTILE, HOSTILE, (Snippet("h#follow-up-1-code-1", HOSTILE + "#"),)),),
        symptoms=(HOSTILE,),
        key_points=(HOSTILE,),
        versions=(HOSTILE,),
        references=(HOSTILE,),
    )
    long = replace(
        entry,
        id="long",
        number=2,
        question="x" * 100_000,
        answer="y" * 1_000_000,
        explanation="| a |\n|---|\n| " + "z" * 2_000 + " |",
        code=(Snippet("long#code-1", "long = '" + "l" * 100_000 + "'"),),
        pitfalls=(),
        follow_ups=(),
        see_also=("h",),
    )
    sandbox.verdicts["print(1)"] = replace(PASSED, stdout=HOSTILE, warnings=(HOSTILE,), stand_ins=(HOSTILE,))
    sandbox.verdicts[long.code[0].code] = replace(PASSED, stdout="o" * 1_000_000, device_name="d" * 1_000)
    sandbox.fails(HOSTILE, HOSTILE, HOSTILE)
    entries = (entry, long)
    return build_tutor(
        Settings(verify_in_background=False),
        entries=entries,
        retriever=KeywordRetriever(entries),
        sandbox=sandbox,
        memory=memory,
    )


@pytest.mark.parametrize("run", [False, True])
@pytest.mark.parametrize(
    "path", ["/entries/h", "/entries/long", "/browse", "/status", "/browse?q=script", "/entries/x"]
)
def test_hostile_text_stays_text_on_every_page(open_client: Open, memory: Memory, path: str, run: bool) -> None:
    hostile = hostile_parts(memory)
    if run:
        verify(hostile)
    page = open_client(hostile).get(path)
    assert page.status_code in (200, 404)
    html = page.content.decode()
    scripts = [attributes for tag, attributes in Tags(html).found if tag == "script"]
    assert all((a.get("src") or "/web/").startswith("/web/") for a in scripts)
    assert all(a.get("src") or a.get("type") == "application/ld+json" for a in scripts)
    for tag, attributes in Tags(html).found:
        assert tag != "img"
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
    assert html.count("</title>") == 1
    assert not {"\x1b", "\u202e"} & set(html)


def test_hostile_id_of_a_missing_lesson_stays_text(client: TestClient) -> None:
    page = client.get("/entries/%3Cscript%3Ealert(1)%3C%2Fscript%3E%E2%80%AE" + "x" * 3000)
    assert page.status_code == 404
    assert "<script>alert" not in page.text
    assert len(page.text) < 5000
