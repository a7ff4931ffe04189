"""``torchtutor chat`` as its user sees it: through a pseudo-terminal, with the real tutor."""

import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ptys import Screen

pytestmark = pytest.mark.integration

ASKED = "why do my gradients keep growing every step?"
CONTROL_C = "\x03"
CONTROL_D = "\x04"


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An editor that puts another program in the place of the one it is given."""
    script = tmp_path_factory.mktemp("editor") / "editor"
    script.write_text('#!/bin/sh\nhead -1 "$1" > "$0.seen"\necho \'print("edited", 6 * 7)\' > "$1"\n')
    script.chmod(0o755)
    return script


@pytest.fixture
def start(state_folder: Path, editor: Path) -> Iterator[Callable[..., Screen]]:
    """Starts terminals that end with the test."""
    started: list[Screen] = []

    def begin(*arguments: str, **how: object) -> Screen:
        screen = Screen(state_folder, *(arguments or ("chat",)), **{"EDITOR": str(editor), **how})  # type: ignore[arg-type]
        started.append(screen)
        return screen

    yield begin
    for screen in started:
        screen.close()


@pytest.fixture(scope="module")
def chat(state_folder: Path, editor: Path) -> Iterator[Screen]:
    """One terminal in which a question was answered; tests go on in it."""
    screen = Screen(state_folder, "chat", EDITOR=str(editor))
    screen.prompted()
    screen.enter(ASKED)
    screen.until("Ask next:")
    yield screen
    screen.close()


def test_a_reply_has_the_answer_the_code_its_badge_and_numbered_questions(chat: Screen) -> None:
    shown = chat.prompted()
    assert "zero_grad" in shown
    assert re.search(r"✔ ran · CPU · torch 2\.13\.0\S* · \d+ ms · /run 1", shown)
    assert re.search(r"Ask next:\n  1\. .+\n  2\. ", shown)


def test_typing_a_number_asks_the_question_that_has_it(chat: Screen) -> None:
    offered = re.findall(r"^  2\. (.+)$", chat.prompted(), re.MULTILINE)[-1]
    chat.enter("2")
    chat.until(f"→ {offered}")
    chat.prompted()


def test_more_goes_on_with_the_topic(chat: Screen) -> None:
    before = chat.prompted().count("From: optimizer-setup")
    chat.enter("/more")
    chat.until("From: optimizer-setup", before + 1)
    chat.prompted()


def test_run_runs_the_program_with_the_number(chat: Screen) -> None:
    chat.prompted()
    chat.enter("/run 1")
    chat.until("✔ passed · CPU")
    assert "[1.0, -2.0, 0.5] 3.0" in chat.prompted()


def test_edit_opens_the_program_in_the_editor_and_runs_what_it_became(chat: Screen, editor: Path) -> None:
    chat.prompted()
    chat.enter("/edit 1")
    chat.until("edited 42")
    assert "Yours is number" in chat.prompted()
    assert editor.with_name("editor.seen").read_text() == "import torch\n"


def test_sources_name_the_lesson(chat: Screen) -> None:
    chat.prompted()
    chat.enter("/sources")
    chat.until("[1] How do you set up an optimizer")
    chat.until("In the official documentation")
    chat.prompted()


def test_an_unknown_order_is_told_and_asks_nothing(chat: Screen) -> None:
    chat.prompted()
    chat.enter("/dance")
    chat.until("no order /dance; /help lists them")
    chat.enter("/run 1000")
    chat.until("no program '1000'")
    chat.prompted()


def test_control_c_stops_a_program_and_the_talk_goes_on(chat: Screen) -> None:
    chat.prompted()
    chat.enter("/new")
    chat.until("Another conversation")
    chat.prompted()
    # a pasted program is run before it is answered: long enough to be stopped
    chat.type("\x1b[200~why is this slow?\n\nimport time\nfor _ in range(30):\n    time.sleep(1)\n\x1b[201~\r")
    chat.until("running your program")
    chat.type(CONTROL_C)
    chat.until("Stopped; nothing of this reply is kept.")
    chat.prompted()
    chat.enter("what is autograd?")
    chat.until("From: autograd")
    chat.prompted()


def test_what_a_question_says_never_reaches_the_terminal_as_a_code(chat: Screen) -> None:
    chat.prompted()
    chat.enter("/new")
    chat.until("Another conversation", 2)
    at = len(chat.received)
    chat.type('\x1b[200~print("\\x1b]0;owned\\x07 \\x1b[2J \\u202eevil")\x1b[201~\r')
    chat.until("\\x1b]0;owned\\x07 \\x1b[2J \\u202eevil")
    chat.prompted()
    assert "\x1b]0;owned" not in chat.received[at:]
    assert "\u202e" not in chat.received[at:]


def test_what_was_typed_is_there_at_the_next_start_for_its_owner_only(
    start: Callable[..., Screen], state_folder: Path
) -> None:
    first = start()
    first.prompted()
    first.enter("/help")
    first.until("Alt+Enter begins a new line")
    first.prompted()
    first.type(CONTROL_D)
    assert first.end() == 0
    assert stat.S_IMODE((state_folder / "typed").stat().st_mode) == 0o600
    second = start()
    second.prompted()
    second.type("\x1b[A")
    second.until("› /help")


def test_a_conversation_is_gone_on_with_and_control_c_twice_leaves(chat: Screen, start: Callable[..., Screen]) -> None:
    before = chat.prompted()
    chat.enter("/new")
    chat.until("Another conversation", before.count("Another conversation") + 1)
    chat.enter("how do I save a model?")
    chat.until("Ask next:", before.count("Ask next:") + 1)
    chat.prompted()
    again = start("chat", "--continue")
    again.until("› how do I save a model?")
    offered = re.findall(r"^  1\. (.+)$", again.prompted(), re.MULTILINE)[-1]
    again.enter("1")
    again.until(f"→ {offered}")
    again.prompted()
    again.enter("/history")
    again.until("how do I save a model?", 2)
    again.prompted()
    again.type(CONTROL_C)
    again.until("Ctrl-C once more")
    again.type(CONTROL_C)
    assert again.end() == 0


def test_a_narrow_terminal_without_colour_shows_everything_in_its_width(start: Callable[..., Screen]) -> None:
    screen = start("chat", columns=40, NO_COLOR="1")
    screen.prompted()
    screen.enter("what is autograd?")
    screen.until("Ask next:")
    assert "From: autograd" in screen.prompted()
    assert not re.search(r"\x1b\[[\d;]*3[0-7](;|m)", screen.received)


def test_chat_without_a_terminal_says_what_to_use(tmp_path: Path) -> None:
    import subprocess
    import sys

    told = subprocess.run(
        [sys.executable, "-m", "service", "chat"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert (told.returncode, "chat needs a terminal" in told.stderr) == (1, True)
