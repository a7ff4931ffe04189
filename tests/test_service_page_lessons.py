"""The lessons, their list and the status in a real Chromium."""

import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
import uvicorn
from chat_page import Chat, opened
from conftest import Server
from playwright.sync_api import Browser, Route, expect
from test_service_lessons import hostile_parts

from service.app import create_app
from service.memory import Memory
from service.settings import Settings
from service.wiring import Parts

pytestmark = pytest.mark.integration

LESSON = "/entries/no-grad"
VIEWS = (LESSON, "/browse", "/status", "/entries/no-grd")


@pytest.fixture
def tab(browser: Browser, server: Server) -> Iterator[Chat]:
    with opened(browser, server.url) as tab:
        yield tab


@contextmanager
def served(parts: Parts, **settings: object) -> Iterator[str]:
    """The service over ``parts`` on a free port of its own, in a thread; its address."""
    app = create_app(parts, Settings(verify_in_background=False, **settings))  # type: ignore[arg-type]
    running = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started:
        thread.join(0.02)
    try:
        yield f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    finally:
        running.should_exit = True
        thread.join()


def runnable(tab: Chat) -> None:
    """Wait until the code of the lesson can be run."""
    expect(tab.page.locator("[data-snippet] .actions:empty")).to_have_count(0)


def test_lesson_and_list_can_be_read_and_searched_without_a_script(browser: Browser, server: Server) -> None:
    with opened(browser, server.url, java_script_enabled=False) as tab:
        tab.page.goto(server.url + "/browse")
        tab.page.get_by_label("Search the lessons").fill("switch gradients off for validation")
        tab.page.keyboard.press("Enter")
        tab.page.locator("#nearest a", has_text="torch.no_grad()").click()
        expect(tab.page).to_have_title(re.compile("no_grad"))
        expect(tab.page.locator("#answer ~ .markdown")).to_contain_text("autograd records nothing")
        expect(tab.page.locator("#pitfall-1-broken .error, #pitfall-1-broken .printed").first).to_be_visible()
        tab.page.get_by_role("link", name="Next").click()
        expect(tab.page.locator("h1")).not_to_contain_text("no_grad")


@pytest.mark.parametrize("width", [390, 1200])
def test_nothing_moves_when_the_code_becomes_runnable(browser: Browser, server: Server, width: int) -> None:
    with opened(browser, server.url, viewport={"width": width, "height": 900}) as tab:
        tab.open(LESSON + "#code")
        runnable(tab)
        before = tab.page.locator("#follow-ups").evaluate("heading => heading.offsetTop")
        tab.page.reload()
        runnable(tab)
        assert tab.page.locator("#follow-ups").evaluate("heading => heading.offsetTop") == before
        assert tab.page.evaluate("shifted") < 0.01


def test_code_of_a_lesson_is_broken_run_and_reset_in_place(tab: Chat) -> None:
    tab.open(LESSON)
    snippet = tab.page.locator("#code-1 .snippet")
    as_it_was = snippet.locator(".code").inner_text()
    tab.edit(snippet, "import torch\nx = torch.ones(2, requires_grad=True)\nx.numpy()")
    tab.run(snippet)
    expect(snippet.locator(".error")).to_contain_text("Can't call numpy() on Tensor that requires grad")
    snippet.get_by_role("button", name="Reset").click()
    assert snippet.locator(".code").inner_text() == as_it_was


def test_link_to_a_section_leads_to_it(tab: Chat) -> None:
    tab.open(LESSON + "#follow-up-2")
    runnable(tab)
    expect(tab.page.locator("#follow-up-2")).to_be_in_viewport()
    tab.page.get_by_role("navigation", name="On this page").get_by_role("link", name="Key points").click()
    expect(tab.page.locator("#key-points")).to_be_in_viewport()


def test_question_of_a_lesson_is_taken_into_the_chat_unsent(tab: Chat) -> None:
    tab.open(LESSON)
    question = tab.page.locator("h1").inner_text()
    tab.page.get_by_role("link", name="Ask about this").click()
    expect(tab.page.locator("#message")).to_have_value(question)
    expect(tab.page.locator(".turn")).to_have_count(0)


def test_list_is_searched_as_one_types_by_words_and_by_meaning(tab: Chat) -> None:
    tab.open("/browse")
    lessons = tab.page.locator("[data-lesson]:visible")
    assert lessons.count() == 40
    tab.page.keyboard.press("/")
    tab.page.keyboard.type("dataloader")
    expect(tab.page.locator("#found")).to_contain_text("lessons have these words.")
    assert 0 < lessons.count() < 10
    tab.page.get_by_label("Search the lessons").fill("my gpu runs out of memory while validating")
    expect(tab.page.locator("#found")).to_contain_text("No lessons have these words.")
    expect(tab.page.locator("#nearest a").first).to_contain_text("no_grad")
    assert "q=my%20gpu" in tab.page.url
    tab.page.keyboard.press("Escape")
    expect(lessons).to_have_count(40)
    expect(tab.page.locator("#nearest")).to_be_hidden()


def test_lesson_is_found_and_opened_by_keyboard_alone(tab: Chat) -> None:
    tab.open("/browse")
    tab.page.keyboard.press("Tab")
    tab.page.keyboard.press("Enter")
    expect(tab.page.locator("main")).to_be_focused()
    tab.page.keyboard.press("/")
    tab.page.keyboard.type("onnx")
    expect(tab.page.locator("#nearest a").first).to_contain_text("ONNX")
    tab.page.keyboard.press("ArrowDown")
    tab.page.keyboard.press("Enter")
    expect(tab.page.locator("h1")).to_contain_text("ONNX")


@pytest.mark.parametrize(("colours", "looked_at"), [("light", 1440), ("dark", 320)])
def test_views_are_accessible_and_never_wider_than_the_window(
    browser: Browser, server: Server, colours: str, looked_at: int
) -> None:
    with opened(browser, server.url, color_scheme=colours) as tab:
        for view in VIEWS:
            tab.open(view)
            if view == LESSON:
                runnable(tab)
            for width in (820, 1440, 320):  # 320 is also what 640 pixels are at 200 % zoom
                tab.page.set_viewport_size({"width": width, "height": 800})
                assert tab.overflow() <= 0, (view, width)
                if width == looked_at:
                    assert tab.axe() == [], (view, width)


def test_lessons_that_are_found_late_do_not_take_the_focus_from_one_that_was_chosen(tab: Chat) -> None:
    held: list[Route] = []
    tab.open("/browse")
    tab.page.keyboard.press("/")
    tab.page.keyboard.type("dropout")
    chosen = tab.page.locator("#nearest a").first
    expect(chosen).to_contain_text("dropout")
    tab.page.route("**/v1/search?*", lambda route: held.append(route))
    with tab.page.expect_request("**/v1/search?*"):
        tab.page.keyboard.insert_text(" o")
    tab.page.keyboard.press("ArrowDown")
    expect(chosen).to_be_focused()
    with tab.page.expect_response("**/v1/search?*"):
        held[0].continue_()
    tab.page.keyboard.press("Enter")
    expect(tab.page.locator("h1")).to_contain_text("dropout")


def test_chosen_colours_hold_on_every_page(tab: Chat) -> None:
    tab.open("/browse")
    paper = tab.page.evaluate("getComputedStyle(document.body).backgroundColor")
    tab.page.get_by_role("button", name="Dark").click()
    tab.open("/status")
    assert tab.page.evaluate("getComputedStyle(document.body).backgroundColor") != paper


def test_printed_lesson_has_all_code_and_output_and_no_buttons(tab: Chat) -> None:
    tab.open(LESSON)
    runnable(tab)
    tab.page.emulate_media(media="print")
    for gone in ("header.top", ".contents", "[data-snippet] .actions", ".beside"):
        expect(tab.page.locator(gone).first).to_be_hidden()
    cut = "[...document.querySelectorAll('pre')].filter((pre) => pre.scrollHeight > pre.clientHeight + 1).length"
    assert tab.page.evaluate(cut) == 0
    assert len(tab.page.pdf()) > 20_000


def test_hostile_text_does_nothing_in_any_place(browser: Browser, memory: Memory) -> None:
    parts = hostile_parts(memory)
    list(parts.verifier.check_all(parts.tutor.entries.values(), at_once=1))
    dialogs: list[str] = []
    with served(parts) as url, opened(browser, url, viewport={"width": 320, "height": 700}) as tab:
        tab.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        for view in (
            "/entries/h",
            "/entries/long",
            "/browse?q=script",
            "/status",
            "/entries/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        ):
            tab.open(view)
            tab.page.wait_for_load_state("networkidle")
            assert tab.overflow() <= 0, view
            assert tab.page.locator("main img, main script").count() == 0, view
            assert tab.violations() == []
        tab.open("/browse")
        tab.page.get_by_label("Search the lessons").fill("alert")
        expect(tab.page.locator("#nearest a").first).to_contain_text("<script>alert(1)</script>")
    assert dialogs == []


def test_signed_out_browser_signs_in_where_it_is(browser: Browser, parts: Parts) -> None:
    _, secret = parts.memory.keys.create("ann", ["ask"])
    with ExitStack() as stack:
        url = stack.enter_context(served(parts))
        tab = stack.enter_context(opened(browser, url))
        tab.open("/entries/grad#pitfall-1")
        assert tab.axe() == []
        tab.page.get_by_label("Your key").fill("wrong")
        tab.page.keyboard.press("Enter")
        expect(tab.page.locator("#told")).to_contain_text("not valid here")
        tab.page.get_by_label("Your key").fill(secret)
        tab.page.keyboard.press("Enter")
        expect(tab.page.locator("h1")).to_have_text("Why do gradients keep growing?")
        assert tab.page.url.endswith("/entries/grad#pitfall-1")


def test_browser_that_is_signed_in_follows_a_link_on_another_site(browser: Browser, parts: Parts) -> None:
    _, secret = parts.memory.keys.create("ann", ["ask"])
    with served(parts) as url, opened(browser, url) as tab:
        tab.open("/entries/grad")
        tab.page.get_by_label("Your key").fill(secret)
        tab.page.keyboard.press("Enter")
        expect(tab.page.locator("h1")).to_have_text("Why do gradients keep growing?")
        tab.page.goto(url.replace("127.0.0.1", "localhost") + "/livez")  # another site, as browsers see it
        tab.page.evaluate("address => { location.href = address; }", f"{url}/entries/grad#code")
        expect(tab.page.locator("h1")).to_have_text("Why do gradients keep growing?")
        assert tab.page.url.endswith("/entries/grad#code")
