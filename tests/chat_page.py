"""The chat page as its tests drive it, and a connection between page and service that can be cut."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

AXE = Path(__file__).parent / "data" / "axe.min.js"
PATIENCE = 60_000
"""Milliseconds; a machine that runs other tests at the same time is slow."""
expect.set_options(timeout=PATIENCE)

_COLLECT = """
window.violations = [];
addEventListener("securitypolicyviolation", (e) => violations.push(`${e.violatedDirective} ${e.blockedURI}`));
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


class Chat:
    """One tab. ``faults`` holds what the page must not have: errors of its scripts, breaches of its policy."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.faults: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.add_init_script(_COLLECT)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda message: self.faults.append(message.text) if "Policy" in message.text else None)

    def open(self, path: str = "/") -> "Chat":
        self.page.goto(self.url + path)
        self.page.locator("main").wait_for()
        return self

    def send(self, question: str) -> None:
        self.page.fill("#message", question)
        self.page.press("#message", "Enter")

    def ask(self, question: str) -> Locator:
        """The whole turn, once its reply is complete."""
        before = self.page.locator(".turn").count()
        self.send(question)
        return self.turn(before)

    def turn(self, number: int) -> Locator:
        """The turn of this number, from 0, once its reply is complete."""
        turn = self.page.locator(".turn").nth(number)
        self.page.locator(f".turn:nth-child({number + 1})[aria-busy=false]").wait_for()
        return turn

    def run(self, snippet: Locator) -> None:
        """Press Run and wait for the verdict."""
        snippet.get_by_role("button", name="Run").click()
        snippet.locator(".verdict", has_text="your run:").wait_for()

    def edit(self, snippet: Locator, code: str) -> None:
        """Replace the code by typing over it; the editor stays open."""
        snippet.get_by_role("button", name="Edit").click()
        snippet.locator("textarea").fill(code)

    def violations(self) -> list[str]:
        found: list[str] = self.page.evaluate("violations")
        return self.faults + found

    def axe(self) -> list[str]:
        """What axe-core finds against WCAG 2.2 AA and its best practices."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        result: dict[str, Any] = self.page.evaluate("axe.run()")
        return [f"{v['id']}: {node['html'][:200]}" for v in result["violations"] for node in v["nodes"]]

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        wider: int = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        return wider


@contextmanager
def opened(browser: Browser, url: str, **context: Any) -> Iterator[Chat]:
    """A tab in a context of its own, which held no fault at its end."""
    own = browser.new_context(**{"viewport": {"width": 1200, "height": 800}, "reduced_motion": "reduce", **context})
    chat = Chat(own.new_page(), url)
    try:
        yield chat
        assert chat.violations() == []
    finally:
        own.close()


class Line:
    """A TCP connection to a server that can be led to another one, or cut after a text went over it."""

    def __init__(self, url: str) -> None:
        self.lead_to(url)
        self.cut_after: bytes | None = None
        self.requests: list[str] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def lead_to(self, url: str) -> None:
        host, port = url.removeprefix("http://").split(":")
        self._target = (host, int(port))

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                try:
                    far = socket.create_connection(self._target)
                except OSError:
                    near.close()
                    continue
                for source, sink, outwards in ((near, far, True), (far, near, False)):
                    threading.Thread(target=self._carry, args=(source, sink, outwards), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, outwards: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if outwards:
                    self.requests.append(data.decode("latin-1"))
                elif self.cut_after and self.cut_after in data:
                    end = data.index(self.cut_after) + len(self.cut_after)
                    self.cut_after = None
                    sink.sendall(data[:end])
                    break
                sink.sendall(data)
        for end_of_line in (source, sink):
            with suppress(OSError):
                end_of_line.shutdown(socket.SHUT_RDWR)
