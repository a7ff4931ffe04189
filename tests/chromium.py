"""Which Chromium the page is tested in: the system's, else playwright's own.

Run it to learn the path: ``python -m tests.chromium``.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",  # tests may run as root, and see nothing but our own page
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def executable(playwrights_own: str) -> str:
    """The path of a Chromium.

    Raises:
        FileNotFoundError: there is none; the message says how to get one.
    """
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None and Path(playwrights_own).exists():
        found = playwrights_own
    if found is None:
        raise FileNotFoundError("no Chromium to test the page in; run scripts/browser")
    return found


@contextmanager
def launched() -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium
        browser = chromium.launch(executable_path=executable(chromium.executable_path), args=list(ARGUMENTS))
        yield browser
        browser.close()


if __name__ == "__main__":
    with sync_playwright() as started:
        print(executable(started.chromium.executable_path))
