"""The chat in a real Chromium when something gets in the way: reloads, dropped streams, restarts, keys, crowds."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from chat_page import Chat, Line, opened
from conftest import Server
from playwright.sync_api import Browser, Route, expect

pytestmark = pytest.mark.integration

GROW = "why do my gradients keep growing every step?"
SLOW = (
    "Why does this fail?\n\n```python\nimport time\n\nimport torch\n\ntime.sleep(5)\ntorch.ones(2) @ torch.ones(3)\n```"
)

ENDLESS = SLOW.replace("sleep(5)", "sleep(300)")


@pytest.fixture
def chat(browser: Browser, server: Server) -> Iterator[Chat]:
    with opened(browser, server.url) as chat:
        yield chat.open()


@pytest.fixture
def line(server: Server) -> Iterator[Line]:
    made = Line(server.url)
    yield made
    made.close()


def stored(server: Server, chat: Chat) -> list[dict[str, object]]:
    found: list[dict[str, object]] = server.http.get(f"/v1/conversations/{chat.page.url.rpartition('/')[2]}").json()[
        "messages"
    ]
    return found


def test_dropped_stream_goes_on_after_the_last_event_without_repeating_or_losing_text(
    browser: Browser, server: Server, line: Line
) -> None:
    with opened(browser, line.url) as chat:
        chat.open()
        whole = chat.ask(GROW)
        expected = whole.locator(".reply").inner_text()
        chat.open()
        line.cut_after = b"event: text"
        again = chat.ask(GROW)
        assert line.cut_after is None  # it was cut
        assert again.locator(".prose").inner_text() in expected
        assert (
            again.locator(".snippet").count() == whole.locator(".snippet").count()
            or again.locator(".snippet").count() > 0
        )
        resumed = [request for request in line.requests if re.match(r"GET /v1/chat/[\w-]+/events", request)]
        if resumed:
            assert re.search(r"last-event-id: [1-9]", resumed[0], re.IGNORECASE)
        else:  # the browser threw the events that had come away with the error: asked again, under the same key
            asked = [request for request in line.requests if request.startswith("POST /v1/chat ")]
            keys = [re.findall(r"idempotency-key: (\S+)", request, re.IGNORECASE) for request in asked[-2:]]
            assert keys[0] == keys[1] != []
        assert len(stored(server, chat)) == 1


def test_reload_in_mid_stream_finds_the_running_reply_again(chat: Chat, server: Server) -> None:
    chat.send(SLOW)
    chat.page.get_by_text("Running your program").wait_for()
    chat.page.reload()
    turn = chat.turn(0)
    expect(turn.locator(".question")).to_contain_text("Why does this fail?")
    expect(turn.locator(".prose")).to_contain_text("I ran your program")
    expect(turn.locator(".snippet").first.locator(".verdict")).to_contain_text("RuntimeError in line 6")
    assert len(stored(server, chat)) == 1


def test_reply_is_given_once_although_the_service_was_killed_in_the_middle_of_it(
    browser: Browser, state_folder: Path, tmp_path: Path, start_server: Callable[..., Server]
) -> None:
    shutil.copytree(state_folder / "index", tmp_path / "own" / "index")
    first, second = start_server(tmp_path / "own"), start_server(tmp_path / "own")
    line = Line(first.url)
    with opened(browser, line.url) as chat:
        chat.open()
        chat.send(SLOW)
        chat.page.get_by_text("Running your program").wait_for()
        first.process.kill()
        expect(chat.page.locator(".trouble")).to_contain_text("Reconnecting")
        line.lead_to(second.url)
        expect(chat.turn(0).locator(".prose")).to_contain_text("I ran your program")
        expect(chat.page.locator(".trouble")).to_have_count(0)
        assert len(stored(second, chat)) == 1
        chat.page.reload()
        expect(chat.turn(0).locator(".prose")).to_contain_text("I ran your program")
    line.close()


def test_stopped_reply_is_not_kept_and_can_be_asked_again(chat: Chat, server: Server) -> None:
    chat.ask(GROW)
    chat.send(ENDLESS)
    chat.page.get_by_text("Running your program").wait_for()
    chat.page.keyboard.press("Escape")
    expect(chat.page.locator(".trouble")).to_contain_text("You stopped this reply")
    assert len(stored(server, chat)) == 1
    chat.page.get_by_role("button", name="Ask again").click()
    expect(chat.page.locator(".trouble")).to_have_count(0)
    chat.page.get_by_text("Running your program").wait_for()
    chat.page.get_by_role("button", name="Stop the reply").click()
    expect(chat.page.locator(".trouble")).to_be_visible()
    expect(chat.page.locator(".turn")).to_have_count(2)


def test_first_reply_that_was_stopped_can_be_asked_again(chat: Chat, server: Server) -> None:
    chat.send(ENDLESS)
    chat.page.get_by_text("Running your program").wait_for()
    chat.page.keyboard.press("Escape")
    expect(chat.page.locator(".trouble")).to_contain_text("You stopped this reply, so it is not kept")
    assert chat.page.url == f"{server.url}/"  # of its conversation nothing is kept either
    chat.page.get_by_role("button", name="Ask again").click()
    chat.page.get_by_text("Running your program").wait_for()
    chat.page.keyboard.press("Escape")
    expect(chat.page.locator(".trouble")).to_contain_text("You stopped this reply")
    chat.send(GROW)
    expect(chat.turn(1).locator(".prose")).not_to_be_empty()
    assert len(stored(server, chat)) == 1


def test_stop_that_the_tutor_was_not_told_is_not_said_to_keep_nothing(chat: Chat) -> None:
    chat.page.route("**/cancel", lambda route: route.abort())
    chat.send(SLOW)
    chat.page.get_by_text("Running your program").wait_for()
    chat.page.get_by_role("button", name="Stop the reply").click()
    expect(chat.page.locator(".trouble")).to_contain_text("it may be finished and kept all the same")


def test_conversation_that_cannot_be_opened_does_not_take_the_place_of_the_next(chat: Chat) -> None:
    held: list[Route] = []
    chat.ask(GROW)
    chat.page.get_by_role("link", name="New conversation").click()
    chat.page.route("**/v1/conversations/*", lambda route: held.append(route))
    with chat.page.expect_request("**/v1/conversations/*"):
        chat.page.locator(".heads a").first.click()
    expect(chat.page.get_by_text("Opening the conversation")).to_be_visible()
    chat.page.get_by_role("link", name="New conversation").click()
    expect(chat.page.get_by_role("heading", name="What would you like")).to_be_visible()
    with chat.page.expect_event("requestfailed"):
        held[0].abort()
    chat.page.unroute("**/v1/conversations/*")
    chat.ask(GROW)  # the page went on, and has had its time
    expect(chat.page.get_by_text("The tutor cannot be reached")).to_have_count(0)
    expect(chat.page.locator(".question")).to_have_count(1)


def test_conversation_that_cannot_be_deleted_is_said_to_be_there_still(chat: Chat) -> None:
    chat.ask(GROW)
    chat.page.route("**/v1/conversations/*", lambda route: route.abort())
    chat.page.locator(".heads .current").get_by_role("button", name="Rename or delete").click()
    chat.page.get_by_role("button", name="Delete", exact=True).click()
    chat.page.get_by_role("button", name="Delete it").click()
    expect(chat.page.locator(".sidebar .notice")).to_contain_text("That did not work: the tutor cannot be reached.")
    expect(chat.page.locator(".question")).to_be_visible()


def test_comment_that_was_not_noted_stays_to_be_sent_again(chat: Chat) -> None:
    turn = chat.ask(GROW)
    turn.get_by_role("button", name="This did not help").click()
    turn.get_by_label("What was wrong").fill("too short")
    chat.page.route("**/v1/feedback", lambda route: route.abort())
    turn.get_by_role("button", name="Send").click()
    expect(turn.locator(".thumbs")).to_contain_text("Not noted: the tutor cannot be reached.")
    expect(turn.get_by_label("What was wrong")).to_have_value("too short")


def test_question_asked_offline_is_answered_once_the_machine_is_online(chat: Chat, server: Server) -> None:
    chat.page.context.set_offline(True)
    chat.send(GROW)
    expect(chat.page.locator(".trouble")).to_contain_text("You are offline")
    expect(chat.page.locator(".notice")).to_contain_text("You are offline")
    chat.page.context.set_offline(False)
    expect(chat.turn(0).locator(".prose")).not_to_be_empty()
    assert len(stored(server, chat)) == 1


def test_busy_tutor_is_said_to_be_busy_and_asked_again_by_itself(chat: Chat) -> None:
    refusals = [429]

    def refuse_once(route: Route) -> None:
        if refusals:
            problem = {"title": "Too Many Requests", "status": refusals.pop(), "detail": "too many requests"}
            route.fulfill(status=429, headers={"Retry-After": "6"}, json=problem)
        else:
            route.continue_()

    chat.page.route("**/v1/chat", refuse_once)
    chat.send(GROW)
    expect(chat.page.locator(".trouble")).to_contain_text(re.compile("too much to do .* again in [1-6] s"))
    expect(chat.turn(0).locator(".prose")).not_to_be_empty()


@pytest.mark.parametrize(
    ("status", "detail", "told"),
    [
        (
            503,
            "only the lessons' code is run here: no namespaces",
            "The sandbox is not available: only the lessons' code",
        ),
        (429, "the queue is full", "The sandbox is busy just now. Try again in 7 s."),
    ],
)
def test_sandbox_that_runs_nothing_is_said_to_at_the_code(chat: Chat, status: int, detail: str, told: str) -> None:
    chat.page.route(
        "**/v1/run", lambda route: route.fulfill(status=status, headers={"Retry-After": "7"}, json={"detail": detail})
    )
    snippet = chat.ask("show me the code for an optimizer").locator(".snippet").first
    snippet.get_by_role("button", name="Run").click()
    expect(snippet.locator(".note")).to_contain_text(told)
    expect(snippet.locator(".verdict")).to_have_text("not run")


@pytest.fixture
def protected(tmp_path: Path, state_folder: Path, start_server: Callable[..., Server]) -> tuple[Server, str]:
    """A server that needs a key, and one that may only ask."""
    home = tmp_path / "protected"
    shutil.copytree(state_folder / "index", home / "index")
    create = [sys.executable, "-m", "service", "keys", "create", "ann", "--scope", "ask"]
    made = subprocess.run(
        create, env={**os.environ, "TUTOR_HOME": str(home)}, capture_output=True, text=True, check=True
    )
    return start_server(home), made.stdout.strip()


def test_page_asks_for_a_key_and_goes_on_with_what_was_asked(browser: Browser, protected: tuple[Server, str]) -> None:
    server, key = protected
    with opened(browser, server.url) as chat:
        chat.open()
        dialog = chat.page.get_by_role("dialog", name="Sign in")
        dialog.get_by_label("Your key").fill("wrong")
        dialog.get_by_role("button", name="Sign in").click()
        expect(dialog.get_by_role("alert")).to_contain_text("not valid")
        assert chat.axe() == []
        dialog.get_by_label("Your key").fill(key)
        dialog.get_by_label("Your key").press("Enter")
        expect(dialog).to_have_count(0)
        snippet = chat.ask("show me the code for an optimizer").locator(".snippet").first
        snippet.get_by_role("button", name="Run").click()  # this key may not
        expect(snippet.locator(".note")).to_contain_text("this needs a key with the scope 'run'")
        chat.page.context.clear_cookies()  # signed out elsewhere
        chat.send(GROW)
        expect(chat.page.locator(".trouble")).to_contain_text("You are signed out")
        dialog.get_by_label("Your key").fill(key)
        dialog.get_by_label("Your key").press("Enter")
        expect(chat.turn(1).locator(".prose")).not_to_be_empty()
        chat.page.get_by_role("button", name="Sign out").click()
        expect(chat.page.locator(".notice")).to_contain_text("You are signed out")
        expect(chat.page.locator(".heads a")).to_have_count(0)


def test_question_in_a_conversation_that_was_deleted_elsewhere_begins_a_new_one(chat: Chat, server: Server) -> None:
    chat.ask(GROW)
    deleted = chat.page.url
    server.http.delete(f"/v1/conversations/{deleted.rpartition('/')[2]}")
    chat.send("why?")
    expect(chat.page.locator(".trouble")).to_contain_text("This conversation was deleted.")
    chat.page.get_by_role("button", name="Ask again").click()
    expect(chat.page.locator(".question")).to_have_text("why?")  # alone
    expect(chat.turn(0).locator(".reply")).not_to_be_empty()
    assert chat.page.url != deleted


@pytest.mark.parametrize("name", ["nothing-of-this-name", "%zz"])
def test_conversation_that_does_not_exist_says_so_and_leads_on(chat: Chat, name: str) -> None:
    chat.open(f"/c/{name}")
    expect(chat.page.locator("main")).to_contain_text("This conversation does not exist, or was deleted.")
    assert chat.axe() == []
    chat.page.locator("main").get_by_role("button", name="New conversation").click()
    expect(chat.page.get_by_role("heading", name="What would you like")).to_be_visible()
