"""Attacks through ``POST /v1/run`` on a real server: it stays up, and small programs get their turn."""

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import Server

pytestmark = pytest.mark.integration

SECRET = "canary-0123456789abcdef"
HOG_SECONDS = 4
HOGS = {
    "processor": "while True: pass",
    "processes": "import os\nfor _ in range(40): os.fork() or exec('while True: pass')",
    "threads": "import threading\nfor _ in range(99): threading.Thread(target=exec, args=('while 1: 0',)).start()",
    "torch": "import torch\nx = torch.ones(2000, 2000)\nwhile True: x = x @ x * 1e-4",
    "output": "while True: print('x' * 9999)",
    "report": "import os\nwhile True: os.write(3, bytes(65536))",
    "memory": "import torch\nkept = [torch.ones(1 << 20) for _ in range(9999)]",
    "files": "while True: open('/tmp/x', 'wb').write(bytes(1 << 20))",
}


@pytest.fixture(scope="module")
def home(state_folder: Path) -> Iterator[Path]:
    (state_folder / "canary").write_text(SECRET)
    yield state_folder
    (state_folder / "canary").unlink()


@pytest.fixture(scope="module")
def attacked(home: Path, start_server: Callable[..., Server]) -> Server:
    started = start_server(home, TUTOR_API_KEY_OF_OTHERS=SECRET)
    while started.http.post("/v1/run", json={"code": "print(1)"}).json()["stdout"] != "1\n":
        time.sleep(0.5)
    return started


def run(server: Server, code: str, **fields: Any) -> dict[str, Any]:
    response = server.http.post("/v1/run", json={"code": code, **fields})
    assert response.status_code == 200, response.text
    verdict: dict[str, Any] = response.json()
    return verdict


def children(pid: int) -> list[int]:
    return [int(n) for path in Path(f"/proc/{pid}/task").glob("*/children") for n in path.read_text().split()]


SELECTED = [
    ("print(1)", "passed", ""),
    ("import os\nwhile True: os.fork()", "over_limit", "more than 64 processes"),
    ("while True: pass", "timed_out", "stopped after 3 s"),
    ("kept = [bytearray(1 << 20) for _ in range(9999)]", "out_of_memory", "more than 2048 MB of memory"),
    ("for n in range(99999): open(f'{n}', 'w').close()", "over_limit", "too many of them"),
    ('import os\nos.write(1, b\'{"status": "passed"}\'); os._exit(0)', "exited_early", "before its end"),
    ("import sys; sys.exit(0)", "exited_early", "before its end"),
    ("import socket; socket.create_connection(('127.0.0.1', {port}), 2)", "failed", "ConnectionRefusedError"),
    ("import urllib.request as r; r.urlopen('http://127.0.0.1:{port}/v1/run')", "failed", "URLError"),
    ("import os; print(dict(os.environ), open('/proc/self/environ').read())", "passed", ""),
    ("print(open('{home}/canary').read())", "failed", "FileNotFoundError"),
    ("print(open('{home}/tutor.sqlite3', 'rb').read())", "failed", "FileNotFoundError"),
    ("import os; os.kill({pid}, 9)", "failed", "ProcessLookupError"),
    ("import ctypes; ctypes.string_at(0)", "crashed", "signal 11"),
    ("(" * 9999, "failed", "SyntaxError"),
    ("print(1)\0", "failed", "SyntaxError"),
    ("print('\\x1b[2J<script>alert(1)</script>')", "passed", ""),
]


@pytest.mark.parametrize(("code", "status", "says"), SELECTED)
def test_verdict_over_http_tells_how_it_ended(attacked: Server, home: Path, code: str, status: str, says: str) -> None:
    known = {"{port}": attacked.url.rpartition(":")[2], "{home}": str(home), "{pid}": str(attacked.process.pid)}
    for name, value in known.items():
        code = code.replace(name, value)
    verdict = run(attacked, code, timeout_s=3 if status == "timed_out" else 40)
    assert verdict["status"] == status, verdict
    assert says in json.dumps(verdict)
    assert SECRET not in json.dumps(verdict)
    assert "\x1b" not in verdict["stdout"]


def test_small_program_gets_its_turn_beside_eight_hogs(attacked: Server) -> None:
    with ThreadPoolExecutor(8) as pool:
        hogs = [pool.submit(run, attacked, code, timeout_s=HOG_SECONDS) for code in HOGS.values()]
        time.sleep(0.5)
        started = time.monotonic()
        small = run(attacked, "import torch\nprint(torch.ones(2, 2).sum())")
        took = time.monotonic() - started
        assert attacked.http.get("/livez").elapsed.total_seconds() < 10
        ended = {hog.result()["status"] for hog in hogs}
    assert (small["status"], small["stdout"]) == ("passed", "tensor(4.)\n")
    slots = os.cpu_count() or 1
    assert took < HOG_SECONDS * len(HOGS) / slots + 30
    assert ended <= {"timed_out", "out_of_memory", "over_limit"}


@pytest.mark.parametrize("hog", ["processes", "threads"])
def test_crowd_does_not_starve_the_run_beside_it(attacked: Server, hog: str) -> None:
    with ThreadPoolExecutor(1) as pool:
        crowd = pool.submit(run, attacked, HOGS[hog], timeout_s=6)
        time.sleep(1.5)
        small = run(attacked, "import torch\nprint(torch.ones(300, 300).sum())", timeout_s=10)
        assert small["status"] == "passed"
        assert small["duration_ms"] < 4000
        crowd.result()


def test_service_answers_while_output_floods(attacked: Server) -> None:
    with ThreadPoolExecutor(2) as pool:
        floods = [pool.submit(run, attacked, HOGS[name], timeout_s=3) for name in ("output", "report")]
        time.sleep(1)
        times = sorted(attacked.http.get("/livez").elapsed.total_seconds() for _ in range(20))
        for flood in floods:
            flood.result()
    assert times[10] < 2


def leave(server: Server, *, stream: bool) -> None:
    """Ask for a long run and hang up."""
    body = json.dumps(
        {"code": "import time\nprint('on', flush=True)\ntime.sleep(50)", "timeout_s": 50, "stream": stream}
    )
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as client:
        head = f"POST /v1/run HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
        client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        time.sleep(1)


@pytest.mark.parametrize("stream", [False, True])
def test_clients_that_leave_free_their_slots(attacked: Server, stream: bool) -> None:
    leavers = [threading.Thread(target=leave, args=(attacked,), kwargs={"stream": stream}) for _ in range(6)]
    for leaver in leavers:
        leaver.start()
    for leaver in leavers:
        leaver.join()
    started = time.monotonic()
    assert run(attacked, "print(1)")["status"] == "passed"
    assert time.monotonic() - started < 45


def test_full_queue_is_told_with_when_to_come_back(attacked: Server) -> None:
    slots = os.cpu_count() or 1
    with ThreadPoolExecutor(12 * slots) as pool:
        answers = list(
            pool.map(
                lambda _: httpx.post(
                    f"{attacked.url}/v1/run", json={"code": "import time; time.sleep(1.5)", "timeout_s": 5}, timeout=120
                ),
                range(12 * slots),
            )
        )
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)
    assert all(answer.json()["status"] == "passed" for answer in answers if answer.status_code == 200)


CROSS_SITE = [
    ({"Origin": "http://evil.example"}, 403),
    ({"Origin": "null"}, 403),
    ({"Origin": "http://127.0.0.1:1"}, 403),
    ({"Content-Type": "text/plain"}, 415),
    ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ({"Content-Type": "multipart/form-data; boundary=x"}, 415),
    ({"Content-Type": ""}, 415),
    ({"Host": "evil.example"}, 421),
    ({"Host": "127.0.0.1.evil.example"}, 421),
]


@pytest.mark.parametrize(("headers", "status"), CROSS_SITE)
def test_other_sites_cannot_have_code_run(attacked: Server, headers: dict[str, str], status: int) -> None:
    body = b'{"code": "print(1)"}'
    response = attacked.http.post("/v1/run", content=body, headers={"Content-Type": "application/json", **headers})
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert "access-control-allow-origin" not in response.headers


def test_preflight_of_other_sites_is_not_granted(attacked: Server) -> None:
    headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    response = attacked.http.options("/v1/run", headers=headers)
    assert response.status_code >= 400
    assert "access-control-allow-origin" not in response.headers


BAD = [
    b"{}",
    b'{"code": ""}',
    b'{"code": "  \\n"}',
    b'{"code": null}',
    b'{"code": 7}',
    b'{"code": ["print(1)"]}',
    b'{"code": "1", "device": "tpu"}',
    b'{"code": "1", "timeout_s": 1e9}',
    b'{"code": "1", "timeout_s": 0}',
    b'{"code": "1", "timeout_s": -1}',
    b'{"code": "1", "timeout_s": NaN}',
    b'{"code": "1", "memory_mb": 99999}',
    b'{"code": "1", "curated": true}',
    b'{"code": "\xff\xfe"}',
    b"\x7fELF\x00\x01",
    b"[" * 50_000,
    json.dumps({"code": "#" * 1_000_001}).encode(),
    json.dumps({"code": "#" * 5_000_000}).encode(),
]


@pytest.mark.parametrize("body", BAD, ids=lambda body: repr(body[:40]))
def test_bad_request_is_a_problem(attacked: Server, body: bytes) -> None:
    response = attacked.http.post("/v1/run", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 422, response.text
    assert response.headers["Content-Type"] == "application/problem+json"


def test_lone_surrogate_in_json_is_answered(attacked: Server) -> None:
    body = b'{"code": "print(\'\\ud800\')"}'
    response = attacked.http.post("/v1/run", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 422 or response.json()["error"]["type"] == "SyntaxError"


def test_nothing_is_left_of_all_this(attacked: Server) -> None:
    deadline = time.monotonic() + 60
    while any(
        children(child)
        for bwrap in children(attacked.process.pid)
        for python in children(bwrap)
        for child in children(python)
    ):
        assert time.monotonic() < deadline, "processes are left"
        time.sleep(0.2)
    assert run(attacked, "print(6 * 7)")["stdout"] == "42\n"
    assert "Traceback" not in attacked.log.read_text()
