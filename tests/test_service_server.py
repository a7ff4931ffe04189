"""A real server process with the real index, sandbox and database, asked over HTTP."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from conftest import Server

pytestmark = pytest.mark.integration


def test_newcomers_question_gets_the_right_entry_and_code_that_ran(server: Server) -> None:
    reply = server.http.post("/v1/chat", json={"message": "why do my gradients keep growing every step?"}).json()
    assert (reply["matches"][0]["entry_id"], reply["outcome"]) == ("optimizer-setup", "answered")
    assert "zero_grad" in reply["answer"]
    assert reply["follow_ups"]
    for snippet in reply["snippets"]:
        assert snippet["as_stated"] is True
        assert snippet["verdict"]["status"] == "passed"
        assert snippet["verdict"]["torch_version"].startswith("2.13.0")


def test_question_about_something_else_is_declined_without_sources(server: Server) -> None:
    reply = server.http.post("/v1/chat", json={"message": "how do I boil an egg?"}).json()
    assert (reply["outcome"], reply["abstained"], reply["matches"]) == ("not_covered", True, [])
    assert len(reply["nearest"]) == 3


def test_text_streams_before_the_code_has_run(server: Server) -> None:
    request = {"message": "what does torch.no_grad do?", "stream": True}
    with server.http.stream("POST", "/v1/chat", json=request) as response:
        names = [line.removeprefix("event: ") for line in response.iter_lines() if line.startswith("event: ")]
    assert names[0] == "matched"
    assert names[-1] == "done"
    assert names.index("text") < names.index("verified")


def test_first_text_reaches_the_client_in_under_50_ms_at_the_median(server: Server) -> None:
    def measured() -> float:
        started = time.perf_counter()
        with server.http.stream("POST", "/v1/chat", json={"message": "what is dropout?", "stream": True}) as response:
            next(line for line in response.iter_lines() if line == "event: text")
            return time.perf_counter() - started

    # several times, since the machine may be busy with something else; what always waits is always late
    assert min(statistics.median(measured() for _ in range(15)) for _ in range(5)) < 0.05


def test_dropped_stream_resumes_where_it_broke(server: Server) -> None:
    request = {"message": "how do I save a model and load it again?", "stream": True}
    with server.http.stream("POST", "/v1/chat", json=request) as response:
        lines = response.iter_lines()
        matched = next(json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: "))
    resumed = server.http.get(f"/v1/chat/{matched['message_id']}/events", headers={"Last-Event-ID": "1"})
    ids = [line for line in resumed.text.splitlines() if line.startswith("id: ")]
    assert ids[0] == "id: 2"
    assert "event: done" in resumed.text


def test_readyz_names_the_isolation_and_the_versions(server: Server) -> None:
    ready = server.http.get("/readyz").json()
    assert (ready["status"], ready["entries"], ready["torch_version"][:6]) == ("ready", 40, "2.13.0")
    assert ready["isolation"]


def test_second_start_rebuilds_nothing(server: Server, state_folder: Path, start_server: Callable[..., Server]) -> None:
    before = {path: path.stat().st_mtime_ns for path in (state_folder / "index").rglob("*")}
    again = start_server(state_folder)
    assert again.http.get("/readyz").status_code == 200
    assert "Building" not in again.log.read_text()
    assert {path: path.stat().st_mtime_ns for path in (state_folder / "index").rglob("*")} == before


def test_port_in_use_is_told(server: Server, state_folder: Path) -> None:
    port = httpx.URL(server.url).port
    second = subprocess.run(
        [sys.executable, "-m", "service", "serve", "--port", str(port)],
        env={"TUTOR_HOME": str(state_folder)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert second.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in second.stderr


def test_truncated_index_is_told_and_rebuilt(
    tmp_path: Path, state_folder: Path, start_server: Callable[..., Server]
) -> None:
    home = tmp_path / "home"
    subprocess.run(["cp", "-r", str(state_folder), str(home)], check=True)
    vectors = home / "index" / "vectors.faiss"
    vectors.write_bytes(vectors.read_bytes()[:100])
    mended = start_server(home)
    assert "Building the index" in mended.log.read_text()
    assert mended.http.get("/v1/search", params={"q": "dropout"}).json()["matches"][0]["entry_id"] == "dropout"


def test_serving_process_has_not_loaded_torch(server: Server) -> None:
    maps = Path(f"/proc/{server.process.pid}/maps").read_text()
    assert "onnxruntime" in maps
    assert "libtorch" not in maps


def test_background_verification_runs_and_ends_with_the_server(
    tmp_path: Path, state_folder: Path, start_server: Callable[..., Server]
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    shutil.copytree(state_folder / "index", home / "index")  # without the verdicts, which other tests may have stored
    started = start_server(home, TUTOR_VERIFY_IN_BACKGROUND="true")
    assert started.http.get("/readyz").json()["verification"]["running"] is True
    children: list[str] = []
    deadline = time.monotonic() + 120
    while not children and time.monotonic() < deadline:  # the sandbox starts beside the service
        time.sleep(0.1)
        tasks = Path(f"/proc/{started.process.pid}/task").iterdir()
        children = [child for task in tasks for child in (task / "children").read_text().split()]
    assert children
    started.stop()
    assert not any(Path(f"/proc/{child}").exists() for child in children)


def test_imported_document_is_served_as_a_collection_and_its_code_shown_with_what_its_run_showed(
    tmp_path: Path, state_folder: Path, start_server: Callable[..., Server]
) -> None:
    (tmp_path / "Lab.md").write_text(
        "1. **How do we book the zebra cluster?**\n\n"
        "   The zebra cluster is booked by hours. Ask zebra.book for the length.\n"
        "   ```python\n   print(2 * 3)\n   ```\n"
        "   ```python\n   zebra.book(2)\n   ```\n"
    )
    subprocess.run(
        [sys.executable, "-m", "service", "import", tmp_path / "Lab.md", "--out", tmp_path / "lab"], check=True
    )
    home = tmp_path / "home"
    subprocess.run(["cp", "-r", str(state_folder), str(home)], check=True)
    folders = {"TUTOR_CORPUS_FOLDERS": json.dumps([str(tmp_path / "lab")])}
    build = [sys.executable, "-m", "service", "index", "build"]
    subprocess.run(build, check=True, env={**os.environ, "TUTOR_HOME": str(home), **folders})
    started = start_server(home, **folders)
    assert started.http.get("/v1/entries", params={"collection": "lab"}).json()["entries"][0]["entry_id"] == "lab-01"
    assert len(started.http.get("/v1/entries", params={"collection": "interview"}).json()["entries"]) == 40
    reply = started.http.post("/v1/chat", json={"message": "how do we book the zebra cluster?"}).json()
    assert (reply["matches"][0]["entry_id"], reply["matches"][0]["collection"]) == ("lab-01", "lab")
    good, bad = reply["snippets"]
    assert (good["as_stated"], good["verdict"]["stdout"]) == (True, "6\n")
    assert (bad["as_stated"], bad["verdict"]["error"]["type"]) == (False, "NameError")
