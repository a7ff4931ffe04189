"""The chat in a real Chromium for everyone: colours, widths, zoom, assistive technology, hostile text, slow lines."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from chat_page import Chat, opened
from conftest import Server
from playwright.sync_api import Browser, expect

pytestmark = pytest.mark.integration

FIRST_LOAD = 250_000
"""Bytes over the line."""

HOSTILE = (
    "<img src=x onerror=alert(1)><script>alert(2)</script>"
    "[link](javascript:alert(3)) <a href='javascript:alert(4)'>x</a> \x1b[31mred\x1b[0m \u202eesrever\u202c \x00 "
    "</textarea></style><svg onload=alert(5)> ![p](http://example.org/p.png) "
)
LONG = "w" * 1_000_000


@pytest.fixture
def chat(browser: Browser, server: Server) -> Iterator[Chat]:
    with opened(browser, server.url) as chat:
        yield chat.open()


def verdict(stored: dict[str, Any]) -> dict[str, Any]:
    """A verdict whose every text is hostile."""
    return stored | {
        "status": "failed",
        "stdout": HOSTILE + LONG,
        "stderr": HOSTILE,
        "error": {"type": HOSTILE, "message": HOSTILE + LONG, "line": 1, "traceback": f"{HOSTILE}\n{LONG}"},
        "warnings": [HOSTILE],
        "stand_ins": [HOSTILE],
        "device_name": HOSTILE,
        "isolation": HOSTILE,
        "torch_version": HOSTILE,
        "artifacts": [{"name": HOSTILE, "media_type": "image/png", "base64": "x'onerror='alert(6)"}],
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_view_is_without_axe_violations(browser: Browser, server: Server, scheme: str) -> None:
    with opened(browser, server.url, color_scheme=scheme) as chat:
        chat.open()
        assert chat.axe() == []
        chat.ask("why do my gradients keep growing every step?")
        turn = chat.ask("what goes wrong in practice?")
        turn.get_by_role("button", name="This helped").click()
        snippet = turn.locator(".snippet").first
        snippet.locator("summary").first.click()
        snippet.get_by_role("button", name="Edit").click()
        chat.page.locator(".heads .current").get_by_role("button").click()
        turn.get_by_text("Lessons nearby").or_(turn.locator(".sources")).first.click(position={"x": 5, "y": 5})
        assert chat.axe() == []
        chat.page.get_by_role("button", name="Share", exact=True).click()
        assert chat.axe() == []
        chat.page.keyboard.press("Escape")
        chat.page.get_by_role("button", name="Keys").click()
        assert chat.axe() == []


def test_colours_follow_the_system_and_the_switch_and_stay(browser: Browser, server: Server) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    with opened(browser, server.url, color_scheme="dark") as chat:
        chat.open()
        dark = chat.page.evaluate(ground)
        chat.page.get_by_role("button", name="Light", exact=True).click()
        light = chat.page.evaluate(ground)
        assert (dark, light) == ("rgb(22, 24, 28)", "rgb(255, 255, 255)")
        chat.open()
        assert chat.page.evaluate(ground) == light
        expect(chat.page.get_by_role("button", name="Light", exact=True)).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize(
    "window",
    [
        {"viewport": {"width": 320, "height": 640}, "is_mobile": True, "has_touch": True},
        {"viewport": {"width": 640, "height": 400}, "device_scale_factor": 2},  # 1280 x 800 at 200 %
        {"viewport": {"width": 2200, "height": 1200}},
    ],
    ids=["phone", "zoomed", "wide"],
)
def test_nothing_is_wider_than_the_window(browser: Browser, server: Server, window: dict[str, Any]) -> None:
    with opened(browser, server.url, **window) as chat:
        chat.open()
        assert chat.overflow() <= 0
        chat.ask("how do I save a model? show me the code")
        assert chat.overflow() <= 0
        chat.ask("x" * 2000)
        assert chat.overflow() <= 0
        expect(chat.page.locator("#message")).to_be_in_viewport()


def test_phone_has_history_in_a_drawer(browser: Browser, server: Server) -> None:
    phone = {"viewport": {"width": 390, "height": 800}, "is_mobile": True, "has_touch": True}
    with opened(browser, server.url, **phone) as chat:
        chat.open()
        chat.ask("why do my gradients keep growing every step?")
        address = chat.page.url
        chat.page.get_by_role("button", name="New conversation").tap()
        chat.page.get_by_role("button", name="Your conversations").tap()
        drawer = chat.page.get_by_role("dialog")
        assert chat.axe() == []
        drawer.locator(".heads a").first.tap()
        expect(drawer).to_have_count(0)
        expect(chat.page.locator(".question")).to_be_visible()
        assert chat.page.url == address
        small = chat.page.evaluate(
            "[...document.querySelectorAll('button, summary, .top a')].map((e) => [e, e.getBoundingClientRect()])"
            ".filter(([e, box]) => box.width && (box.width < 24 || box.height < 24)).map(([e]) => e.outerHTML)"
        )
        assert small == []


def test_lists_keep_their_numbers_and_code_can_be_scrolled_by_keys(chat: Chat) -> None:
    made = chat.page.evaluate("import('/web/text.js').then(({ html }) => html('3. third\\n\\n```\\nwide\\n```'))")
    assert '<ol start="3">' in made
    assert '<pre tabindex="0">' in made


def test_first_load_is_light_and_at_once_interactive(browser: Browser, server: Server) -> None:
    with opened(browser, server.url) as chat:
        chat.page.goto(server.url, wait_until="networkidle")
        sizes = chat.page.evaluate(
            "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
            ".map((entry) => [new URL(entry.name).host, entry.transferSize])"
        )
        assert {host for host, _ in sizes} == {server.url.removeprefix("http://")}
        assert 20_000 < sum(size for _, size in sizes) < FIRST_LOAD
        expect(chat.page.locator("#message")).to_be_focused()


def test_hostile_question_and_hostile_output_are_only_text(chat: Chat) -> None:
    turn = chat.ask(f"{HOSTILE}\n\n```python\nprint({HOSTILE!r} + 'x' * 60_000)\n```")
    printed = turn.locator(".snippet").first.locator(".printed")
    expect(turn.locator(".question")).to_contain_text("<img src=x onerror=alert(1)>")
    expect(turn.locator(".question")).to_contain_text("\\u202eesrever")
    expect(printed).to_contain_text("</textarea></style><svg onload=alert(5)>")
    harmless(chat)


def test_hostile_text_anywhere_in_a_stored_conversation_is_only_text(chat: Chat) -> None:
    chat.ask("what goes wrong with optimizers in practice?")
    stored = chat.page.request.get(f"{chat.url}/v1/conversations/{chat.page.url.rpartition('/')[2]}").json()
    (message,) = stored["messages"]
    entry = {"entry_id": HOSTILE, "number": 1, "collection": HOSTILE, "question": HOSTILE, "score": 1.0}
    code = {
        "id": HOSTILE,
        "code": HOSTILE + LONG,
        "caption": HOSTILE,
        "expected_output": HOSTILE,
        "expected_error": None,
    }
    ran = {
        "status": "passed",
        "stdout": "",
        "stderr": "",
        "error": None,
        "warnings": [],
        "duration_ms": 1,
        "queue_ms": 0,
        "peak_memory_mb": 1,
        "device": "cpu",
        "device_name": "",
        "torch_version": "",
        "python_version": "",
        "isolation": "",
        "stand_ins": [],
        "artifacts": [],
        "truncated": True,
        "verified_at": HOSTILE,
    }
    message["reply"] |= {
        "answer": f"{HOSTILE}\n\n{HOSTILE}[1][9]\n\n| {HOSTILE} |\n|---|\n\n```python\n{HOSTILE}\n```\n{LONG}",
        "understood_as": HOSTILE,
        "outcome": "partly",
        "matches": [entry, entry | {"entry_id": "other"}],
        "nearest": [{"entry_id": HOSTILE, "question": HOSTILE}],
        "follow_ups": [HOSTILE, HOSTILE + "2"],
        "snippets": [code | {"as_stated": False, "deviation": HOSTILE, "verdict": verdict(ran)}],
        "sentences": [{"start": 0, "end": 40, "citations": [], "support": None, "supported": False}],
        "worded_by": HOSTILE,
    }
    message |= {"question": HOSTILE + LONG, "feedback": {"helpful": False, "comment": HOSTILE}}
    head = {"conversation_id": HOSTILE, "title": HOSTILE + LONG, "updated_at": "2026-01-01T00:00:00Z", "shared": True}
    chat.page.route("**/v1/conversations/*", lambda route: route.fulfill(json=stored | {"title": HOSTILE + LONG}))
    chat.page.route("**/v1/conversations?*", lambda route: route.fulfill(json={"conversations": [head]}))
    chat.page.reload()
    turn = chat.turn(0)
    for place in (".question", ".understood", ".prose", ".sources", ".chips", ".snippet .printed", ".snippet .error"):
        expect(turn.locator(place).first).to_contain_text("onerror=alert(1)")
    assert turn.locator(".citation").count() == 1  # [9] cites nothing
    assert turn.locator("mark.unsupported").count() == 2  # the sentence, and what the mark means
    assert chat.overflow() <= 0
    harmless(chat)


def harmless(chat: Chat) -> None:
    """No hostile text became an element, a link that does something, or a request; the policy had nothing to stop."""
    assert chat.page.evaluate("document.querySelectorAll('main :is(script, iframe, style, form[action])').length") == 0
    assert (
        chat.page.evaluate(
            "document.querySelectorAll('main svg[onload], main [onerror], main img:not(.picture)').length"
        )
        == 0
    )
    hrefs = chat.page.evaluate("[...document.querySelectorAll('a[href]')].map((a) => a.getAttribute('href'))")
    assert [href for href in hrefs if not re.match(r"/|#|https?://", href)] == []
    assert chat.violations() == []
