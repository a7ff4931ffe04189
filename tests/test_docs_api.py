"""Every example of docs/api.md, run as it stands against a real server; what it prints is what the page shows."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import Server
from playwright.sync_api import Browser

PAGE = Path(__file__).parent.parent / "docs" / "api.md"
ADDRESS = "http://127.0.0.1:8000"


@dataclass(frozen=True)
class Example:
    """A fenced block, and what the block after it says that it prints."""

    line: int
    language: str
    code: str
    prints: str


def examples() -> list[Example]:
    text = PAGE.read_text()
    fence = r"```(sh|python|js)\n(.*?)\n```\n+```(?:text|json)\n(.*?)\n```"
    return [
        Example(text[: found.start()].count("\n") + 1, *found.groups()) for found in re.finditer(fence, text, re.DOTALL)
    ]


def of(language: str) -> list[object]:
    return [pytest.param(each, id=f"line-{each.line}") for each in examples() if each.language == language]


def holds(example: Example, printed: str) -> None:
    """``…`` on the page stands for anything."""
    pattern = ".*?".join(map(re.escape, example.prints.strip().split("…")))
    assert re.fullmatch(pattern, printed.strip(), re.DOTALL), f"docs/api.md:{example.line} prints:\n{printed}"


def run(command: list[str], example: Example, server: Server, folder: Path, **environment: str) -> None:
    code = example.code.replace(ADDRESS, server.url)
    ran = subprocess.run(
        [*command, code],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    holds(example, ran.stdout)


def test_every_block_of_code_has_what_it_prints() -> None:
    blocks = re.findall(r"^```(?:sh|python|js)$", PAGE.read_text(), re.MULTILINE)
    assert len(examples()) == len(blocks) > 15


def test_every_path_of_the_api_is_on_the_page() -> None:
    paths = json.loads((PAGE.parent.parent / "openapi.json").read_text())["paths"]
    operations = [(method.upper(), path) for path, methods in paths.items() for method in methods]
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    lacking = [
        f"{method} {path}"
        for method, path in operations
        if not any(re.search(rf"`{method}\b.*[ `]{re.escape(path)}`", row) for row in rows)
    ]
    assert lacking == [], "add it to 'Every path' in docs/api.md"


def test_links_within_the_page_lead_somewhere() -> None:
    text = PAGE.read_text()
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([\w-]+)\)", text)) <= anchors


@pytest.mark.integration
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("example", of("sh"))
def test_shell_example(example: Example, server: Server, tmp_path: Path) -> None:
    run(["bash", "-euc"], example, server, tmp_path)


@pytest.mark.integration
@pytest.mark.parametrize("example", of("python"))
def test_python_example(example: Example, server: Server, state_folder: Path, tmp_path: Path) -> None:
    environment = {"TUTOR_HOME": str(state_folder), "PYTHONPATH": str(PAGE.parent.parent)}
    run([sys.executable, "-c"], example, server, tmp_path, **environment)


@pytest.mark.integration
@pytest.mark.parametrize("example", of("js"))
def test_javascript_example(example: Example, server: Server, browser: Browser) -> None:
    page = browser.new_page()
    printed: list[str] = []
    page.on("console", lambda message: printed.append(message.text) if message.type == "log" else None)
    page.goto(f"{server.url}/livez")
    page.evaluate("(async () => {" + example.code.replace(ADDRESS, server.url) + "\n})()")
    page.close()
    holds(example, "\n".join(printed))
