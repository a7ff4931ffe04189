"""Many events at once, again and again, to two replicas that are killed and restarted: what becomes of each message.

The figures, for 2,000 events: ``PYTHONPATH=.:tests python tests/slack_load.py 2000 STATE_FOLDER``, where the folder
holds an index.
"""

import os
import random
import shutil
import signal
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import fake_slack
import httpx
from conftest import Server
from fake_slack import BOT, FakeSlack

QUESTIONS = (
    "why do my gradients keep growing every step?",
    "how do I save a model?",
    "what is the difference between train() and eval()?",
    "what does view do?",
    "how do I make a chocolate cake?",
    "thanks!",
)
HOG = "import time\nend = time.time() + {seconds}\nwhile time.time() < end:\n    sum(range(10000))\n"
AT_ONCE = 50
HOGS = 8
MAX_UNDER_WAY = 40


@dataclass(frozen=True, slots=True)
class Account:
    """What came of the messages: each has one reply or one notice."""

    events: int
    messages: int
    replies: int
    notices: int
    wrong: list[str]

    def __str__(self) -> str:
        return (
            f"{self.events} events for {self.messages} messages: {self.replies} replies, {self.notices} notices, "
            f"{len(self.wrong)} messages with none or several"
        )


def start(start_server: Callable[..., Any], home: Path, fake: FakeSlack) -> Any:
    """A replica that the fake delivers to."""
    server = start_server(
        home,
        SLACK_BOT_TOKEN=fake_slack.TOKEN,
        SLACK_SIGNING_SECRET=fake_slack.SECRET,
        SLACK_API_URL=fake.api_url,
        TUTOR_RATE_LIMIT="off",
    )
    fake.replicas.append(f"{server.url}/slack/events")
    return server


def acknowledgements(fake: FakeSlack, server: Any, seconds: float = 10) -> list[float]:
    """Seconds that each of 50 events at once took, while 8 programs hog the sandbox."""
    hog = {"code": HOG.format(seconds=seconds), "timeout_s": seconds + 5}
    hogs = [
        threading.Thread(target=httpx.post, args=[f"{server.url}/v1/run"], kwargs={"json": hog, "timeout": 200})
        for _ in range(HOGS)
    ]
    for one in hogs:
        one.start()
    time.sleep(1)
    messages = [fake.say(f"<@{BOT}> {random.choice(QUESTIONS)}", user=f"U{n}", deliver=False) for n in range(AT_ONCE)]
    measured = fake.deliver([fake.events_of(fake.channels["C0GENERAL"][ts], "C0GENERAL")[1] for ts in messages])
    for one in hogs:
        one.join()
    return measured


def flood(fake: FakeSlack, events: int, home: Path, restarts: Sequence[Callable[[], None]] = ()) -> Account:
    """Deliver so many events, each mention as two and some of them again; the restarts are spread over them."""
    sent, asked = 0, []
    due = [(events * number // (len(restarts) + 1), restart) for number, restart in enumerate(restarts, 1)]
    while sent < events:
        ts = fake.say(f"<@{BOT}> {random.choice(QUESTIONS)}", user=f"U{len(asked) % 40}", deliver=False)
        asked.append(ts)
        bodies = fake.events_of(fake.channels["C0GENERAL"][ts], "C0GENERAL")
        bodies += random.choices(bodies, k=random.choice((0, 0, 1, 2, 4)))
        random.shuffle(bodies)
        fake.deliver(bodies, wait=False)
        sent += len(bodies)
        while fake.unsettled > MAX_UNDER_WAY or len(asked) - settled(home, asked) > MAX_UNDER_WAY:
            time.sleep(0.1)
        while due and sent >= due[0][0]:
            due.pop(0)[1]()
    fake.wait_for(lambda: settled(home, asked) == len(asked), 600, "an end to every claim")
    fake.quiet(2)
    return account(fake, sent, asked)


def settled(home: Path, asked: Sequence[str]) -> int:
    """How many messages have a reply or a notice, by the database."""
    with closing(sqlite3.connect(home / "tutor.sqlite3")) as database:
        query = "select count(*) from slack_claims where state not in ('claimed', 'orphaned') and ts >= ?"
        return int(database.execute(query, (asked[0],)).fetchone()[0])


def account(fake: FakeSlack, sent: int, asked: Sequence[str]) -> Account:
    standing = {ts: [fake.text(message) for message in fake.replies(ts)] for ts in asked}
    said = [texts[0] for texts in standing.values() if len(texts) == 1]
    notices = sum("interrupted" in text for text in said)
    wrong = [f"{ts}: {texts}" for ts, texts in standing.items() if len(texts) != 1]
    return Account(sent, len(asked), len(said) - notices, notices, wrong)


def quantile(measured: Sequence[float], share: float) -> float:
    return sorted(measured)[min(len(measured) - 1, int(share * len(measured)))]


def main() -> None:
    events, index = int(sys.argv[1]), Path(sys.argv[2])
    home = Path(tempfile.mkdtemp(prefix="slack-load-"))
    shutil.copytree(index / "index", home / "index")
    fake = FakeSlack()
    servers: list[Any] = []

    def start_server(at: Path, **settings: str) -> Any:
        servers.append(Server(at, Path(tempfile.mkdtemp()) / "server.log", **settings))
        return servers[-1]

    def restart(how: signal.Signals) -> None:
        """End the older replica, and start one in its place."""
        old = servers.pop(0)
        fake.replicas.pop(0)
        os.kill(old.process.pid, how)
        old.process.wait(60)
        start(start_server, home, fake)

    start(start_server, home, fake)
    fake.reply(fake.say(f"<@{BOT}> {QUESTIONS[0]}"), seconds=200)
    measured = acknowledgements(fake, servers[0])
    print(
        f"acknowledged: {len(measured)} of {AT_ONCE} at once, {HOGS} programs in the sandbox: "
        f"p50 {statistics.median(measured):.3f} s, p99 {quantile(measured, 0.99):.3f} s, max {max(measured):.3f} s",
        flush=True,
    )
    start(start_server, home, fake)
    kinds = (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL, signal.SIGTERM)
    started = time.monotonic()
    found = flood(fake, events, home, [partial(restart, how) for how in kinds])
    print(found, f"in {time.monotonic() - started:.0f} s", *found.wrong, sep="\n")
    for server in servers:
        server.stop()
    fake.close()


if __name__ == "__main__":
    main()
