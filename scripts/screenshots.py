"""The pictures in docs/, made anew from a service that is started for them: ``make screenshots``.

The page in Chromium, wide and narrow, light and dark; a lesson; the list of lessons; the terminal through a
pseudo-terminal. Everything that is seen was really answered and run.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from html import escape
from io import BytesIO
from pathlib import Path

from chromium import launched
from conftest import Server
from PIL import Image
from playwright.sync_api import Browser, Page
from ptys import Screen

DOCS = Path(__file__).parent.parent / "docs"
QUESTION = "why do my gradients keep growing every step?"
EARLIER = ("what does no_grad do?", "mat1 and mat2 shapes cannot be multiplied", "Adam or SGD?", "what is a tensor?")
LESSON = "no-grad"
COLOURS = 256
PATIENCE = 300
"""Seconds."""

TERMINAL = """<!doctype html><style>
  body { margin: 0; padding: 18px 22px; background: #16181c; width: max-content; }
  pre { margin: 0; color: #e9e7e4; font: 14px/1.4 "DejaVu Sans Mono", monospace; }
</style>"""
PALETTE = {
    "black": "#16181c",
    "red": "#ff9f96",
    "green": "#82d597",
    "brown": "#e6bd6e",
    "blue": "#92c5ff",
    "magenta": "#d7a1f0",
    "cyan": "#8fd8e0",
    "white": "#e9e7e4",
    "brightblack": "#adb1b9",
    "brightred": "#ff9f96",
    "brightgreen": "#a3dcb0",
    "brightbrown": "#f2b98a",
    "brightblue": "#92c5ff",
    "bfightmagenta": "#d7a1f0",  # pyte spells it so
    "brightmagenta": "#d7a1f0",
    "brightcyan": "#8fd8e0",
    "default": "#e9e7e4",
}

TERMINAL_ROWS = 56
"""What comes before is left out."""


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="torchtutor-screenshots-") as folder:
        home = Path(folder, "home")
        subprocess.run(
            [sys.executable, "-m", "service", "index", "build"], check=True, env={**os.environ, "TUTOR_HOME": str(home)}
        )
        server = Server(home, Path(folder, "server.log"), TUTOR_VERIFY_IN_BACKGROUND="true")
        try:
            wait_until_verified(server)
            screen = terminal(home)
            with launched() as browser:
                take_pages(browser, server)
                take_terminal(browser, screen)
        finally:
            server.stop()


def wait_until_verified(server: Server) -> None:
    """The pictures show verdicts: every snippet must have its own."""
    end = time.monotonic() + PATIENCE
    while server.http.get("/readyz").json()["verification"]["not_run_yet"]:
        if time.monotonic() > end:
            raise TimeoutError(f"the snippets were not run within {PATIENCE} s")
        time.sleep(1)


@contextmanager
def window(browser: Browser, width: int, height: int, colours: str = "light") -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if colours == "dark" else "light",
        device_scale_factor=1.5,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    try:
        yield page
    finally:
        context.close()


def begin_anew(server: Server) -> None:
    """The history holds what a learner may have asked before, and not what an earlier picture did."""
    for conversation in server.http.get("/v1/conversations").json()["conversations"]:
        server.http.delete(f"/v1/conversations/{conversation['conversation_id']}")
    for message in EARLIER:
        server.http.post("/v1/chat", json={"message": message}).raise_for_status()


def take_pages(browser: Browser, server: Server) -> None:
    for name, width, height, colours in (
        ("page", 1240, 1240, "light"),  # with what the run printed
        ("page-dark", 1240, 860, "dark"),
        ("page-phone", 390, 780, "light"),
    ):
        begin_anew(server)
        with window(browser, width, height, colours) as page:
            page.goto(server.url)
            page.fill("#message", QUESTION)
            page.press("#message", "Enter")
            page.locator(".turn[aria-busy=false]").wait_for()
            page.wait_for_load_state("networkidle")
            save(page, name)
    for name, path in (("lesson", f"/entries/{LESSON}#pitfall-1"), ("browse", "/browse")):
        with window(browser, 1240, 860) as page:
            page.goto(server.url + path)
            page.wait_for_load_state("networkidle")
            save(page, name)


def terminal(home: Path) -> Screen:
    """A conversation in the terminal, as far as it fits."""
    with closing(Screen(home, "chat", columns=100, lines=56)) as screen:
        screen.prompted()
        screen.enter(QUESTION)
        screen.until("Ask next:")
        screen.prompted()
        return screen


def take_terminal(browser: Browser, screen: Screen) -> None:
    written = list(screen.cells)
    while not any(cell.data.strip() for cell in written[-1]):
        written.pop()
    seen = written[-TERMINAL_ROWS:]
    rows = ["".join(f'<span style="{look(cell)}">{escape(cell.data)}</span>' for cell in row) for row in seen]
    with window(browser, 1000, 600) as page:
        page.set_content(f"{TERMINAL}<pre>{chr(10).join(rows)}</pre>")
        save(page, "terminal", selector="body")


def look(cell) -> str:  # type: ignore[no-untyped-def]  # pyte has no types
    """The style of a character on the screen."""
    colour = PALETTE.get(cell.fg, f"#{cell.fg}" if len(cell.fg) == 6 else PALETTE["default"])
    return f"color:{colour};font-weight:{700 if cell.bold else 400};font-style:{'italic' if cell.italics else 'normal'}"


def save(page: Page, name: str, selector: str | None = None) -> None:
    """Into docs/, with few colours: a repository keeps every version of a picture."""
    taken = page.locator(selector).screenshot() if selector else page.screenshot()
    with Image.open(BytesIO(taken)) as picture:
        few = picture.convert("RGB").quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        few.save(DOCS / f"{name}.png", optimize=True)
    print(f"docs/{name}.png  {(DOCS / f'{name}.png').stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()
