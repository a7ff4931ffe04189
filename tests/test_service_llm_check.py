"""``torchtutor llm check``: a real process, and a language model that works or does not."""

import os
import subprocess
import sys

import pytest
from llm_server import LLMServer, llm_server

pytestmark = pytest.mark.integration


def check(llm: LLMServer | None, **settings: str) -> subprocess.CompletedProcess[str]:
    if llm is not None:
        settings |= {"TUTOR_LLM": "openai:fake", "TUTOR_LLM_BASE_URL": llm.url}
    command = [sys.executable, "-m", "service", "llm", "check"]
    return subprocess.run(
        command, env={**os.environ, **settings}, capture_output=True, text=True, timeout=300, check=False
    )


def test_working_model_is_told_with_its_speed_and_cost() -> None:
    with llm_server() as llm:
        done = check(llm, TUTOR_LLM_PRICES="[1.0, 2.0]")
    assert done.returncode == 0, done.stderr
    assert "They are summed [1]." in done.stdout
    assert "120 to it, 30 from it" in done.stdout
    assert "0.000180 for this one" in done.stdout


def test_model_that_cannot_be_reached_is_told_with_exit_status_1() -> None:
    with llm_server() as llm:
        llm.behaviour = "key"
        done = check(llm)
    assert done.returncode == 1
    assert "does not accept the service's key" in done.stderr


def test_missing_model_is_told() -> None:
    done = check(None)
    assert done.returncode == 1
    assert "set TUTOR_LLM=provider:model" in done.stderr


def test_unknown_provider_is_told() -> None:
    done = check(None, TUTOR_LLM="nobody:x")
    assert done.returncode == 1
    assert "nobody:x" in done.stderr
    assert "Traceback" not in done.stderr
