"""Fakes, a clean environment, and the real parts that tests share."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from attacks import Arena
from chromium import launched
from fakes import FakeSandbox
from playwright.sync_api import Browser

from corpus.entry import Entry, FollowUp, Pitfall, Snippet, StatedError
from index.retriever import KeywordRetriever
from service.memory import Memory
from service.settings import Settings
from service.wiring import Parts, build_tutor

START_SECONDS = 300


def pytest_configure() -> None:
    """No test sees the settings of whoever runs it."""
    for name in [name for name in os.environ if name.startswith(("TUTOR_", "SLACK_"))]:
        del os.environ[name]


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test sees the state of whoever runs it."""
    monkeypatch.setenv("TUTOR_HOME", str(tmp_path / "home"))


@pytest.fixture
def sandbox() -> FakeSandbox:
    fake = FakeSandbox()
    fake.fails("broken()", "RuntimeError", "does not require grad and more")
    return fake


@pytest.fixture
def entries() -> tuple[Entry, ...]:
    """Two entries; every snippet of the first one is as stated in the fake sandbox."""
    broken = Snippet("grad#pitfall-1-broken", "broken()", error=StatedError("RuntimeError", "does not require grad"))
    return (
        Entry(
            id="grad",
            number=1,
            collection="interview",
            topic="Basics",
            question="Why do gradients keep growing?",
            answer="They are summed.\n\nClear them.",
            explanation="The chain rule sums.",
            code=(Snippet("grad#code-1", "print(1)", caption="So:", output="1"),),
            pitfalls=(Pitfall("Detached", "No graph.", broken, Snippet("grad#pitfall-1-mended", "mended()")),),
            follow_ups=(FollowUp("Where is the sum kept?", "In .grad."),),
        ),
        Entry(
            id="save",
            number=2,
            collection="interview",
            topic="Files",
            question="How do you save a model?",
            answer="Save its state_dict.",
        ),
    )


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    opened = Memory(tmp_path / "tutor.sqlite3")
    yield opened
    opened.close()


@pytest.fixture
def parts(entries: tuple[Entry, ...], sandbox: FakeSandbox, memory: Memory) -> Parts:
    return build_tutor(
        Settings(verify_in_background=False),
        entries=entries,
        retriever=KeywordRetriever(entries),
        sandbox=sandbox,
        memory=memory,
    )


@pytest.fixture(scope="session")
def state_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with the real index built once; the tests of real servers share it."""
    home = tmp_path_factory.mktemp("state")
    subprocess.run(
        [sys.executable, "-m", "service", "index", "build"], check=True, env={**os.environ, "TUTOR_HOME": str(home)}
    )
    return home


class Server:
    """A real server process on a free loopback port."""

    def __init__(self, home: Path, log: Path, **settings: str) -> None:
        self.log = log
        environment = {"TUTOR_HOME": str(home), "TUTOR_VERIFY_IN_BACKGROUND": "false", **settings}
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "service", "serve", "--port", "0"],
                env={**os.environ, **environment},
                stdout=output,
                stderr=output,
            )
        self.url = self._wait_for(r"answers at (http://\S+)/")
        self.http = httpx.Client(base_url=self.url, timeout=120)

    def _wait_for(self, pattern: str) -> str:
        for _ in range(START_SECONDS * 10):
            match = re.search(pattern, self.log.read_text())
            if match:
                return match[1]
            try:
                self.process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
            break
        raise AssertionError(f"the server did not start:\n{self.log.read_text()}")

    def stop(self) -> None:
        self.http.close()
        self.process.terminate()
        self.process.wait(120)


@pytest.fixture(scope="module")
def start_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Starts servers that end with the tests of a file: each holds some 700 MB, its sandbox included."""
    started: list[Server] = []

    def start(home: Path, **settings: str) -> Server:
        started.append(Server(home, tmp_path_factory.mktemp("log") / "server.log", **settings))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def server(state_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server that most tests share."""
    shared = Server(state_folder, tmp_path_factory.mktemp("log") / "server.log")
    yield shared
    shared.stop()


@pytest.fixture(scope="session")
def arena() -> Iterator[Arena]:
    """One sandbox for all attacks: what one of them does to it, the next would notice."""
    made = Arena()
    yield made
    made.close()


@pytest.fixture(scope="module")  # while it is open, nothing else in this thread may run an event loop
def browser() -> Iterator[Browser]:
    """A real Chromium, headless; each test opens a context of its own in it."""
    with launched() as browser:
        yield browser
