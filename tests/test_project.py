"""The project as a whole: its commands, its packaging, its container files."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def test_make_help_lists_every_command() -> None:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    make = ["make", "--no-print-directory", "help"]
    listed = subprocess.run(make, cwd=ROOT, env=plain, capture_output=True, text=True, check=True).stdout
    commands = re.findall(r"^\.PHONY: (.+)", (ROOT / "Makefile").read_text(), re.MULTILINE)[0].split()
    assert sorted(line.split()[0] for line in listed.splitlines()) == sorted(commands)
    assert {"help", "setup", "serve", "test", "check"} < set(commands)


def test_ci_runs_the_same_command_as_everybody() -> None:
    assert "make test" in (ROOT / ".ci" / "run").read_text()


def test_every_dependency_is_pinned() -> None:
    pinned = set(re.findall(r"^([\w.-]+)(?:\[.*\])?==", (ROOT / "constraints.txt").read_text(), re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    names = {re.match(r"[\w.-]+", requirement)[0] for requirement in wanted}  # type: ignore[index]
    assert names - pinned == set()
    assert "torch==2.13.0\n" in (ROOT / "constraints.txt").read_text()


def test_constraints_name_no_index_and_no_hash() -> None:
    assert not re.search(r"--|://", (ROOT / "constraints.txt").read_text())


@pytest.mark.integration
def test_compose_file_is_valid() -> None:
    compose = Path(sys.executable).with_name("docker-compose")
    subprocess.run([compose, "config", "-q"], cwd=ROOT, check=True)


def test_vendored_files_are_named_in_the_notice() -> None:
    vendored = sorted((ROOT / "service/channels/web/vendor").glob("*.js"))
    notice = (ROOT / "NOTICE").read_text()
    assert vendored
    assert [path.name for path in vendored if str(path.relative_to(ROOT)) not in notice] == []


def test_each_module_is_small() -> None:
    sources = [path for folder in ("corpus", "index", "service", "eval") for path in (ROOT / folder).rglob("*.py")]
    long = {str(path.relative_to(ROOT)): n for path in sources if (n := len(path.read_text().splitlines())) > 250}
    assert long == {}


@pytest.mark.integration
def test_wheel_installed_elsewhere_answers_a_question(tmp_path: Path, state_folder: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("torchtutor-*.whl")
    elsewhere = tmp_path / "elsewhere"
    install = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(elsewhere), str(wheel)]
    subprocess.run([sys.executable, *install], check=True)
    asked = subprocess.run(
        [sys.executable, "-m", "service", "ask", "how do I switch off dropout when I predict?"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(elsewhere), "TUTOR_HOME": str(state_folder)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr
    assert "eval()" in asked.stdout
    where = "import service; print(service.__file__)"
    found = subprocess.run(
        [sys.executable, "-c", where],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(elsewhere)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.startswith(str(elsewhere))
