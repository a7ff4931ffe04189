"""The chat in a real Chromium: asking, following up, running and breaking code, finding things again."""

import re
from collections.abc import Iterator

import pytest
from chat_page import Chat, opened
from conftest import Server
from playwright.sync_api import Browser, expect

pytestmark = pytest.mark.integration

GROW = "why do my gradients keep growing every step?"
PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 4, 9])\nplt.title('squares')\nplt.show()\nprint('drawn')"

_LISTEN = """() => {
  window.said = [];
  const region = document.querySelector("p[role=status].hidden");
  const changes = { childList: true, subtree: true, characterData: true };
  new MutationObserver(() => said.push(region.textContent)).observe(region, changes);
}"""
_SAID = """(text) => {
  const stands = () => document.querySelector("main").textContent.includes(text);
  const look = () => stands() && document.body.setAttribute("said", text);
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
}"""
"""The body's attribute ``said`` is the text as soon as that has stood there, however shortly."""


@pytest.fixture(scope="module")
def shared_page(browser: Browser, server: Server) -> Iterator[Chat]:
    """One tab with one conversation, for the tests that only look at it or run its code."""
    with opened(browser, server.url, permissions=["clipboard-read", "clipboard-write"]) as chat:
        chat.open()
        chat.ask(GROW)
        chat.ask("what goes wrong in practice?")
        yield chat


@pytest.fixture
def chat(browser: Browser, server: Server) -> Iterator[Chat]:
    with opened(browser, server.url) as chat:
        yield chat.open()


def test_reply_shows_code_with_the_verdict_of_its_run_and_its_source(chat: Chat) -> None:
    turn = chat.ask(GROW)
    snippet = turn.locator(".snippet").first
    expect(snippet.locator(".verdict")).to_contain_text(
        re.compile(r"(ran on|fails as stated ·) CPU · torch \d.*\d m?s")
    )
    expect(turn.locator(".sources a").first).to_have_attribute("href", re.compile(r"^/entries/[\w-]+"))
    assert chat.page.evaluate("shifted") < 0.05  # only the line below the text, which tells the progress, moves


def test_address_names_the_conversation_and_the_way_back_leads_back(chat: Chat) -> None:
    chat.ask(GROW)
    address = chat.page.url
    assert re.search(r"/c/[\w-]+$", address)
    chat.page.go_back()
    expect(chat.page.get_by_role("heading", name="What would you like")).to_be_visible()
    chat.page.go_forward()
    expect(chat.page.locator(".question")).to_have_text(GROW)
    assert chat.page.url == address


def test_question_in_the_address_waits_to_be_sent(chat: Chat) -> None:
    chat.open("/?ask=why%20is%20.grad%20None%3F")
    expect(chat.page.locator("#message")).to_have_value("why is .grad None?")
    expect(chat.page.locator("#message")).to_be_focused()
    expect(chat.page.locator(".turn")).to_have_count(0)


def test_follow_up_goes_on_where_the_reply_was(chat: Chat) -> None:
    chat.ask(GROW)
    chip = chat.page.locator(".chip").first
    asked = chip.inner_text().partition("\n")[2]
    chip.click()
    expect(chat.turn(1).locator(".question")).to_have_text(asked)
    expect(chat.page.locator(".chips")).to_have_count(1)  # of the newest reply


def test_question_beyond_the_lessons_is_said_to_be_not_covered(chat: Chat) -> None:
    turn = chat.ask("what is a kubernetes pod")
    expect(turn.locator(".prose")).to_contain_text("None of my lessons covers this")
    expect(turn.get_by_role("group", name="The nearest questions").get_by_role("button")).to_have_count(3)
    expect(turn.locator(".prose li")).to_have_count(0)  # the buttons say them
    expect(turn.locator(".sources")).to_have_count(0)


def test_pitfall_fails_as_stated_with_its_real_message(shared_page: Chat) -> None:
    pitfall = shared_page.page.locator(".snippet", has_text="fails as stated").first
    expect(pitfall.locator(".error")).to_contain_text(re.compile(r"^\w+Error: "))
    expect(pitfall.locator(".fault")).to_have_count(1)


def test_edited_code_runs_with_its_own_output_and_the_original_comes_back(shared_page: Chat) -> None:
    snippet = shared_page.page.locator(".snippet").first
    code, told = snippet.locator(".code").inner_text(), snippet.locator(".verdict").inner_text()
    shared_page.edit(snippet, "import torch\nprint(torch.ones(2) * 21)")
    expect(snippet.locator(".verdict")).to_contain_text("changed by you, not run yet")
    snippet.locator("textarea").press("Control+Enter")
    expect(snippet.locator(".printed")).to_have_text("tensor([21., 21.])")
    expect(snippet.locator(".verdict")).to_contain_text("your run: ran on CPU")
    snippet.get_by_role("button", name="Reset").click()
    assert (snippet.locator(".code").inner_text(), snippet.locator(".verdict").inner_text()) == (code, told)


def test_error_of_a_run_is_marked_at_its_line(shared_page: Chat) -> None:
    snippet = shared_page.page.locator(".snippet").first
    shared_page.edit(snippet, "import torch\n\ntorch.ones(2) @ torch.ones(3)")
    shared_page.run(snippet)
    expect(snippet.locator(".verdict")).to_contain_text("your run: RuntimeError in line 3")
    mark, area = snippet.locator(".fault").bounding_box(), snippet.locator("textarea").bounding_box()
    assert mark
    assert area
    assert round((mark["y"] - area["y"]) / mark["height"]) == 2
    snippet.get_by_role("button", name="Reset").click()


def test_output_comes_while_the_program_runs_and_a_run_can_be_stopped(shared_page: Chat) -> None:
    snippet = shared_page.page.locator(".snippet").first
    shared_page.edit(snippet, "import time\nprint('first')\ntime.sleep(8)\nprint('last')")
    snippet.get_by_role("button", name="Run").click()
    expect(snippet.locator(".printed")).to_have_text("first")
    snippet.get_by_role("button", name="Stop").click()
    expect(snippet.locator(".note")).to_contain_text("You stopped this run")
    snippet.get_by_role("button", name="Reset").click()


def test_picture_that_code_draws_is_shown(shared_page: Chat) -> None:
    snippet = shared_page.page.locator(".snippet").first
    shared_page.edit(snippet, PLOT)
    shared_page.run(snippet)
    picture = snippet.locator("img.picture")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    snippet.get_by_role("button", name="Reset").click()


def test_copy_takes_the_code_as_it_stands(shared_page: Chat) -> None:
    snippet = shared_page.page.locator(".snippet").first
    shared_page.page.evaluate(_SAID, "Copied")
    snippet.get_by_role("button", name="Copy").click()
    expect(shared_page.page.locator("body")).to_have_attribute("said", "Copied")
    assert shared_page.page.evaluate("navigator.clipboard.readText()") == snippet.locator(".code").inner_text()


def test_copy_works_where_the_browser_gives_scripts_no_clipboard(chat: Chat) -> None:
    snippet = chat.ask(GROW).locator(".snippet").first
    chat.page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")  # as on plain http
    chat.page.evaluate(_SAID, "Copied")
    snippet.get_by_role("button", name="Copy").click()
    expect(chat.page.locator("body")).to_have_attribute("said", "Copied")
    chat.page.focus("#message")
    chat.page.keyboard.press("Control+V")
    expect(chat.page.locator("#message")).to_have_value(snippet.locator(".code").inner_text())


def test_feedback_with_a_comment_is_kept(chat: Chat, server: Server) -> None:
    turn = chat.ask(GROW)
    turn.get_by_role("button", name="This did not help").click()
    turn.get_by_label("What was wrong").fill("too short")
    turn.get_by_role("button", name="Send").click()
    expect(turn.locator(".feedback form")).to_have_count(0)
    expect(turn.locator(".thumbs")).to_contain_text("noted")
    (message,) = server.http.get(f"/v1/conversations/{chat.page.url.rpartition('/')[2]}").json()["messages"]
    assert message["feedback"] == {"helpful": False, "comment": "too short"}


def test_conversation_is_renamed_found_and_deleted(chat: Chat, server: Server) -> None:
    chat.ask("why is the loss nan after a few steps?")
    current = chat.page.locator(".heads .current")
    current.get_by_role("button", name="Rename or delete").click()
    chat.page.get_by_role("button", name="Rename", exact=True).click()
    chat.page.get_by_label("New name").fill("zebra")
    chat.page.keyboard.press("Enter")
    expect(current.locator("a")).to_have_text("zebra")
    chat.page.get_by_label("Search your conversations").fill("ZEBR")
    expect(chat.page.locator(".heads a")).to_have_text(["zebra"])
    current.get_by_role("button", name="Rename or delete").click()
    chat.page.get_by_role("button", name="Delete", exact=True).click()
    chat.page.get_by_role("button", name="Delete it").click()
    expect(chat.page.get_by_text("No conversation has these words.")).to_be_visible()
    expect(chat.page.get_by_role("heading", name="What would you like")).to_be_visible()
    assert "zebra" not in server.http.get("/v1/conversations").text


def test_share_link_shows_the_conversation_to_others_until_it_is_revoked(chat: Chat, browser: Browser) -> None:
    answer = chat.ask(GROW).locator(".prose").inner_text()
    understood = chat.ask("why?").locator(".understood").inner_text()
    chat.page.get_by_role("button", name="Share", exact=True).click()
    chat.page.get_by_role("button", name="Make a link").click()
    link = chat.page.get_by_label("The link").input_value()
    with opened(browser, link) as other:
        other.open("")
        expect(other.page.locator(".prose").first).to_have_text(answer)
        expect(other.page.locator(".understood")).to_have_text(understood)
        expect(other.page.locator("#message, .feedback, .chips")).to_have_count(0)
        assert other.axe() == []
        chat.page.get_by_role("button", name="Stop sharing").click()
        expect(chat.page.get_by_text("Nobody can read it")).to_be_visible()
        other.open("")
        expect(other.page.get_by_text("This link shows no conversation")).to_be_visible()


def test_whole_conversation_works_by_keyboard_alone(chat: Chat) -> None:
    keys = chat.page.keyboard
    chat.page.evaluate("document.activeElement.blur()")
    keys.press("/")
    keys.type("how do I")
    keys.press("Shift+Enter")
    keys.type("save a model?")
    keys.press("Enter")
    expect(chat.turn(0).locator(".question")).to_have_text("how do I\nsave a model?")
    keys.press("ArrowUp")
    expect(chat.page.locator("#message")).to_have_value("how do I\nsave a model?")
    chat.page.fill("#message", "")
    keys.press("Shift+Tab")
    expect(chat.page.locator(".chip").last).to_be_focused()
    keys.press("ArrowLeft")
    expect(chat.page.locator(".chip").nth(-2)).to_be_focused()
    keys.press("1")
    snippets = chat.turn(1)
    expect(snippets.locator(".question")).to_be_visible()
    chat.page.locator(".snippet").first.get_by_role("button", name="Edit").focus()
    keys.press("Enter")
    keys.press("Control+a")
    keys.type("for i in range(2):\nprint(i)")  # the editor indents
    keys.press("Control+Enter")
    expect(chat.page.locator(".snippet").first.locator(".printed")).to_have_text("0\n1")
    keys.press("Escape")
    expect(chat.page.locator(".snippet").first.get_by_role("button", name="Run")).to_be_focused()
    chat.page.locator(".snippet").first.get_by_role("button", name="Run").press("?")
    expect(chat.page.get_by_role("dialog", name="Keys")).to_be_visible()
    keys.press("Escape")
    expect(chat.page.get_by_role("dialog")).to_have_count(0)


def test_what_is_typed_right_after_edit_goes_into_the_code(chat: Chat) -> None:
    chat.ask(GROW)
    chat.page.evaluate("window.requestAnimationFrame = () => 0")  # a busy machine, late with its next picture
    next_key = """async (button) => {
      button.focus();
      button.click();
      await new Promise((resolve) => setTimeout(resolve));
      return document.activeElement.tagName;
    }"""
    assert chat.page.locator(".snippet").first.get_by_role("button", name="Edit").evaluate(next_key) == "TEXTAREA"


def test_page_and_dialogs_have_the_focus_at_once(browser: Browser, server: Server) -> None:
    with opened(browser, server.url) as chat:
        chat.page.add_init_script("addEventListener('DOMContentLoaded', () => { first = document.activeElement.id; })")
        chat.open()
        assert chat.page.evaluate("first") == "message"
        next_key = """async (button) => {
          button.click();
          await new Promise((resolve) => setTimeout(resolve));
          return document.activeElement.closest("dialog")?.open ?? false;
        }"""
        chat.page.evaluate("window.requestAnimationFrame = () => 0")  # a busy machine, late with its next picture
        assert chat.page.get_by_role("button", name="Keys").evaluate(next_key)


def test_new_name_of_a_conversation_is_given_up_by_escape(chat: Chat, server: Server) -> None:
    chat.ask(GROW)
    current = chat.page.locator(".heads .current")
    title = current.locator("a").inner_text()
    current.get_by_role("button", name="Rename or delete").click()
    chat.page.get_by_role("button", name="Rename", exact=True).click()
    chat.page.get_by_label("New name").fill("given up")
    chat.page.keyboard.press("Escape")
    expect(current.locator("a")).to_have_text(title)
    chat.ask("why?")  # whatever the page had to tell the service, it has told
    assert "given up" not in server.http.get("/v1/conversations").text


def test_status_region_announces_start_and_end(chat: Chat) -> None:
    chat.page.evaluate(_LISTEN)
    chat.ask(GROW)
    said = chat.page.evaluate("said")
    assert said[0] == "Looking for the answer."
    assert said[-1].startswith("The reply is complete.")
    assert len(said) == 2
