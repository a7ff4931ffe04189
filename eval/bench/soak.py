"""Mixed traffic against a real server process for minutes: no errors, and memory that stays flat.

Run ``python -m eval.bench.soak [--minutes 10] [--learners 4]``, or ``make soak``. The server runs on a state folder of
its own, with the index of ``TUTOR_HOME``. Prints a table; exit status 1 where a request failed, or where the memory of
the server's own process grew by more than 5 % from the second fifth of the time to the last.

Each learner asks, follows up, streams, drops streams and resumes them, repeats requests, cancels, searches, reads,
shares and deletes conversations and gives feedback, in an order drawn from a seed.
"""

import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path

import httpx

from eval.bench.learner import Learner
from eval.qrels import QUERIES
from service.settings import Settings

START_SECONDS = 300
SAMPLE_SECONDS = 2.0
MAX_GROWTH = 0.05
IDLE_STREAMS = 50


class Server:
    """A server process on a free port."""

    def __init__(self, home: Path) -> None:
        self._log = home / "log"
        environment = {**os.environ, "TUTOR_HOME": str(home), "TUTOR_VERIFY_IN_BACKGROUND": "false"}
        command = [sys.executable, "-m", "service", "serve", "--port", "0"]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        self.url = self._wait()

    def _wait(self) -> str:
        for _ in range(START_SECONDS * 10):
            found = re.search(r"answers at (http://\S+)/", self._log.read_text())
            if found:
                return found[1]
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise SystemExit(f"the server did not start:\n{self._log.read_text()}")

    def memory_mb(self) -> float:
        """What the server itself holds; the sandbox's processes come and go."""
        return _pss_kb(self.process.pid) / 1024

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(60)


def _pss_kb(pid: int) -> int:
    try:
        return int(re.findall(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)[0])
    except (OSError, IndexError):
        return 0


def first_content_ms(url: str, questions: list[str]) -> float:
    """From the request to the first piece of text at the client, at the median, one request at a time.

    Of questions without a program, since such a one is run before there is anything to say of it.
    """
    times = []
    with httpx.Client(base_url=url, timeout=120) as http:
        for number in range(IDLE_STREAMS):
            request = {"message": questions[number % len(questions)], "stream": True}
            started = time.perf_counter()
            with http.stream("POST", "/v1/chat", json=request) as response:
                lines = response.iter_lines()
                next(line for line in lines if line == "event: text")
                times.append((time.perf_counter() - started) * 1000)
                list(lines)  # to its end, so that the machine is idle again
    return statistics.median(times)


def soak(server: Server, minutes: float, learners: list[Learner]) -> list[float]:
    """Let the learners work, and return the server's memory over time in MB."""
    until = time.monotonic() + minutes * 60
    threads = [threading.Thread(target=learner.work, args=(until,)) for learner in learners]
    for thread in threads:
        thread.start()
    memory = []
    while any(thread.is_alive() for thread in threads):
        memory.append(server.memory_mb())
        time.sleep(SAMPLE_SECONDS)
    return memory


def report(memory: list[float], learners: list[Learner], minutes: float) -> bool:
    """Print what happened; whether all was well."""
    seconds: dict[str, list[float]] = defaultdict(list)
    errors: Counter[str] = Counter()
    for learner in learners:
        errors.update(learner.errors)
        for act, times in learner.seconds.items():
            seconds[act] += times
    print(f"| {'act':16} | {'n':>6} | {'p50 ms':>7} | {'p95 ms':>7} |\n|---|---|---|---|")
    for act, times in sorted(seconds.items()):
        p95 = statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
        print(f"| {act:16} | {len(times):6} | {statistics.median(times) * 1000:7.1f} | {p95 * 1000:7.1f} |")
    fifth = max(1, len(memory) // 5)
    before, after = statistics.median(memory[fifth : 2 * fifth] or memory), statistics.median(memory[-fifth:])
    growth = after / before - 1
    fifths = [statistics.median(memory[n * fifth : (n + 1) * fifth] or memory) for n in range(5)]
    print(f"\n{sum(map(len, seconds.values()))} acts in {minutes:g} minutes, errors {sum(errors.values())}")
    told = ", ".join(f"{mb:.0f}" for mb in fifths)
    print(f"memory {before:.0f} → {after:.0f} MB, {growth:+.1%} (at most {MAX_GROWTH:+.0%}); by fifths: {told}")
    for error, count in errors.most_common():
        print(f"  {count} × {error}")
    return not errors and growth <= MAX_GROWTH


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--learners", type=int, default=4)
    given = parser.parse_args()
    paths = sorted(QUERIES.glob("dev_*.jsonl"))
    sets = {path.stem: [json.loads(line)["text"] for line in path.read_text().splitlines()] for path in paths}
    questions = [text for texts in sets.values() for text in texts]
    plain = sets["dev_questions"][:IDLE_STREAMS]
    with tempfile.TemporaryDirectory(prefix="torchtutor-soak-") as folder:
        index = Settings().index_folder
        if not index.exists():
            raise SystemExit(f"there is no index in {index}; run: torchtutor index build")
        shutil.copytree(index, Path(folder, "index"))
        server = Server(Path(folder))
        try:
            first_content_ms(server.url, plain)  # its code is run, and its verdicts stored
            print(f"first content, idle: {first_content_ms(server.url, plain):.1f} ms at the median", flush=True)
            learners = [Learner(server.url, seed, questions) for seed in range(given.learners)]
            well = report(soak(server, given.minutes, learners), learners, given.minutes)
        finally:
            stopped = server.stop()
    print(f"the server ended with status {stopped}")
    raise SystemExit(0 if well and stopped in (0, -signal.SIGTERM) else 1)


if __name__ == "__main__":
    main()
