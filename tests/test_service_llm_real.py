"""A real, small language model under llama.cpp's server, end to end: ``make test-llm`` sets it up in ``.venv-llm``.

It is often wrong with the right lesson before it; so it shows whether the marks catch that.
"""

import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import Server

ROOT = Path(__file__).parent.parent
PYTHON = ROOT / ".venv-llm" / "bin" / "python"
QUESTIONS = (
    "what does torch.no_grad do?",
    "why do my gradients keep growing every step?",
    "what is dropout?",
    "how do I save a model and load it again?",
    "what is the difference between SGD and Adam?",
)

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not (ROOT / ".venv-llm" / "installed").exists(), reason="make test-llm sets the model up"),
]


@pytest.fixture(scope="module")
def llm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    (model,) = (ROOT / ".venv-llm").rglob("SmolLM2*.gguf")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (tmp_path_factory.mktemp("llm") / "server.log").open("wb")
    command = [PYTHON, "-m", "llama_cpp.server", "--model", model, "--host", "127.0.0.1", "--port", port]
    process = subprocess.Popen(
        [str(part) for part in [*command, "--n_ctx", 4096, "--n_threads", 2]], stdout=log, stderr=log
    )
    url = f"http://127.0.0.1:{port}/v1"
    for _ in range(240):
        try:
            httpx.get(f"{url}/models", timeout=2).raise_for_status()
            break
        except httpx.HTTPError:
            assert process.poll() is None, "llama.cpp's server ended"
            time.sleep(0.5)
    yield url
    process.terminate()
    process.wait(30)


@pytest.fixture(scope="module")
def replies(llm: str, state_folder: Path, start_server: Callable[..., Server]) -> list[dict[str, Any]]:
    tutor = start_server(
        state_folder,
        TUTOR_LLM="openai:smollm2",
        TUTOR_LLM_BASE_URL=llm,
        TUTOR_LLM_PROMPT_TOKENS="1200",
        TUTOR_LLM_ANSWER_TOKENS="200",
        TUTOR_LLM_SECONDS="500",
        TUTOR_LLM_SILENCE_SECONDS="400",
        TUTOR_TIMEOUT_SECONDS="550",
    )
    found = []
    for question in QUESTIONS:
        started = time.monotonic()
        found.append(tutor.http.post("/v1/chat", json={"message": question}, timeout=600).json())
        seconds = time.monotonic() - started
        judged = [one for one in found[-1]["sentences"] if one["support"] is not None]
        marked = sum(not one["supported"] for one in judged)
        print(f"\n{question} ({seconds:.1f} s): {len(judged)} sentences judged, {marked} marked")
        for one in judged:
            print(f"  {one['support']:.2f} {one['citations']} {found[-1]['answer'][one['start'] : one['end']]!r}")
    return found


def test_real_model_words_answers(replies: list[dict[str, Any]]) -> None:
    assert sum(reply["worded_by"] == "openai:smollm2" for reply in replies) >= 3


def test_marks_catch_most_of_what_it_says(replies: list[dict[str, Any]]) -> None:
    """It invents nearly all of it; that what is right stays unmarked is measured by ``python -m eval grounding``."""
    judged = [one for reply in replies for one in reply["sentences"] if one["support"] is not None]
    assert len(judged) >= 10
    assert sum(not one["supported"] for one in judged) > len(judged) / 2


def test_its_citations_exist_or_are_marked(replies: list[dict[str, Any]]) -> None:
    for reply in replies:
        cited = [int(number) for number in re.findall(r"(?<!\w)\[(\d+)\]", reply["answer"])]
        assert all(1 <= number <= len(reply["matches"]) for number in cited)


def test_its_code_has_the_verdict_of_exactly_what_it_wrote(replies: list[dict[str, Any]]) -> None:
    for reply in replies:
        for snippet in reply["snippets"]:
            assert snippet["origin"] == "corpus" or f"\n{snippet['code']}```" in reply["answer"]
