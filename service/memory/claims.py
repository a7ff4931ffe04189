"""Which Slack messages somebody has taken on to answer, so that none is answered twice, and which threads go on.

A message is claimed before Slack is told that it has arrived. Whoever claimed it holds a lease and renews it while it
works; a claim whose lease has run out belongs to a process that died, and whoever comes first tells so in its place.

============  =======================================================
claimed       somebody works on it, or died over it
orphaned      its holder died or stood still; somebody else tells so
posted        the reply stands in Slack
told          a notice stands there instead
dropped       nothing is to be said: the question was deleted, say
============  =======================================================
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.exc import IntegrityError

from service.memory.database import Database
from service.memory.tables import ClaimRow, ConversationRow, ThreadRow, now

State = Literal["claimed", "orphaned", "posted", "told", "dropped"]
OPEN = ("claimed", "orphaned")
KEPT_DAYS = 30
"""So long a claim is kept: Slack delivers nothing so late, and edits are answered for a minute only."""


@dataclass(frozen=True, slots=True)
class Place:
    """A message in Slack; for what is no message, a ``ts`` that says what it is."""

    team: str
    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class Claim:
    """``replies`` are the messages that stand in Slack for it, ``message_id`` the stored turn."""

    place: Place
    thread: str
    state: State
    replies: tuple[str, ...]
    message_id: str | None


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread in which the tutor has answered; ``aside`` once people talk to each other there."""

    conversation_id: str
    asker: str
    aside: bool


class Claims:
    """Claims and threads of all workspaces."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, place: Place, thread: str, seconds: float, *, anew: bool = False) -> bool:
        """Claim a message for ``seconds``; ``False`` where somebody has.

        Args:
            anew: take it also where a notice was all that came of it before.
        """
        lease = now() + timedelta(seconds=seconds)
        with self._database.write() as session:
            row = session.get(ClaimRow, _key(place))
            if row is not None and not (anew and row.state == "told"):
                return False
            if row is not None:
                row.state, row.replies, row.lease_until, row.claimed_at = "claimed", "", lease, now()
                return True
            try:
                with session.begin_nested():
                    session.add(
                        ClaimRow(
                            team=place.team,
                            channel=place.channel,
                            ts=place.ts,
                            thread=thread,
                            state="claimed",
                            replies="",
                            claimed_at=now(),
                            lease_until=lease,
                        )
                    )
            except IntegrityError:  # another process was faster
                return False
        return True

    def get(self, place: Place) -> Claim | None:
        with self._database.read() as session:
            row = session.get(ClaimRow, _key(place))
            return None if row is None else _claim(row)

    def replies(self, team: str, channel: str, thread: str) -> set[str]:
        """All messages of a thread that stand for some claim."""
        query = select(ClaimRow.replies).where(
            ClaimRow.team == team, ClaimRow.channel == channel, ClaimRow.thread == thread
        )
        with self._database.read() as session:
            return {ts for replies in session.scalars(query) for ts in replies.split()}

    def begun(self, place: Place, message_id: str | None, replies: Iterable[str] = ()) -> None:
        """Note which turn answers it, and what stands in Slack for it already."""
        self._change(place, ("dropped", "orphaned"), replies=" ".join(replies), message_id=message_id)

    def close(self, place: Place, state: State, replies: Iterable[str] = (), message_id: str | None = None) -> bool:
        """Say what came of it; ``False`` where that changes nothing.

        What was dropped stays so, and a reply comes too late where somebody tells, or has told, that there is none.
        """
        over: tuple[State, ...] = ("dropped", "orphaned", "told") if state == "posted" else ("dropped",)
        return self._change(place, over, state=state, replies=" ".join(replies), message_id=message_id)

    def drop(self, place: Place) -> Claim | None:
        """Have nothing said any more to a message; returns what had come of it before, ``None`` where nobody has it.

        What was answered stays so: it is for whoever asks to forget it.
        """
        with self._database.write() as session:
            row = session.get(ClaimRow, _key(place), with_for_update=True)
            if row is None:
                return None
            before = _claim(row)
            row.state = "dropped" if row.state in OPEN else row.state
            return before

    def renew(self, places: Iterable[Place], seconds: float) -> None:
        """Hold claims for ``seconds`` from now; 0 lets go of them."""
        lease = now() + timedelta(seconds=seconds)
        with self._database.write() as session:
            for place in places:
                session.execute(update(ClaimRow).where(*_is(place)).values(lease_until=lease))

    def orphans(self, seconds: float, mine: Collection[Place] = (), limit: int = 20) -> list[Claim]:
        """Claims whose holder has died, oldest first; they are held for ``seconds`` by whoever asks.

        Args:
            mine: what whoever asks holds, and could not renew in time; that goes on.
        """
        query = select(ClaimRow).where(ClaimRow.state.in_(OPEN), ClaimRow.lease_until < now())
        with self._database.read() as session:
            if session.scalars(query.limit(1)).first() is None:
                return []
        with self._database.write() as session:
            rows = session.scalars(query.order_by(ClaimRow.claimed_at).limit(limit).with_for_update(skip_locked=True))
            found = rows.all()
            for row in found:
                row.lease_until = now() + timedelta(seconds=seconds)
            dead = [row for row in found if Place(row.team, row.channel, row.ts) not in mine]
            for row in dead:
                row.state = "orphaned"
            return [_claim(row) for row in dead]

    def thread(self, team: str, channel: str, thread: str) -> Thread | None:
        """What is known of a thread; ``None`` where the tutor has not answered, or the conversation was deleted."""
        with self._database.read() as session:
            row = session.get(ThreadRow, (team, channel, thread))
            return None if row is None else Thread(row.conversation_id, row.asker, row.aside)

    def under_way(self, team: str, channel: str, thread: str) -> bool:
        """Whether the first reply in a thread is being written."""
        query = select(ClaimRow.ts).where(
            ClaimRow.state == "claimed",
            ClaimRow.team == team,
            ClaimRow.channel == channel,
            ClaimRow.thread == thread,
        )
        with self._database.read() as session:
            return session.scalars(query.limit(1)).first() is not None

    def latest(self, team: str, channel: str, minutes: float) -> Thread | None:
        """The thread of a channel that went on last, if that was within ``minutes``."""
        query = select(ThreadRow).where(
            ThreadRow.team == team,
            ThreadRow.channel == channel,
            ThreadRow.updated_at > now() - timedelta(minutes=minutes),
        )
        with self._database.read() as session:
            row = session.scalars(query.order_by(ThreadRow.updated_at.desc()).limit(1)).first()
            return None if row is None else Thread(row.conversation_id, row.asker, row.aside)

    def go_on(self, team: str, channel: str, thread: str, conversation_id: str, asker: str) -> None:
        """Note that the tutor has answered ``asker`` in a thread."""
        with self._database.write() as session:
            if session.get(ConversationRow, conversation_id) is not None:
                row = ThreadRow(
                    team=team,
                    channel=channel,
                    thread=thread,
                    conversation_id=conversation_id,
                    asker=asker,
                    aside=False,
                    updated_at=now(),
                )
                session.merge(row)

    def step_aside(self, team: str, channel: str, thread: str) -> None:
        """Note that people talk to each other in a thread."""
        where = (ThreadRow.team == team, ThreadRow.channel == channel, ThreadRow.thread == thread)
        with self._database.write() as session:
            session.execute(update(ThreadRow).where(*where).values(aside=True))

    def forget(self, days: float = KEPT_DAYS) -> None:
        """Delete claims older than ``days``."""
        with self._database.write() as session:
            session.execute(delete(ClaimRow).where(ClaimRow.claimed_at < now() - timedelta(days=days)))

    def forget_team(self, team: str) -> None:
        """Delete all claims and threads of a workspace."""
        with self._database.write() as session:
            session.execute(delete(ClaimRow).where(ClaimRow.team == team))
            session.execute(delete(ThreadRow).where(ThreadRow.team == team))
        self._database.forget_deleted()

    def _change(self, place: Place, over: Collection[State], **values: str | None) -> bool:
        """Change what is in none of the states ``over``."""
        if values.get("message_id") is None:
            values.pop("message_id", None)
        with self._database.write() as session:
            changed = update(ClaimRow).where(*_is(place), ClaimRow.state.not_in(over)).values(**values)
            return session.execute(changed.returning(ClaimRow.ts)).first() is not None


def _key(place: Place) -> tuple[str, str, str]:
    return place.team, place.channel, place.ts


def _is(place: Place) -> tuple[ColumnElement[bool], ...]:
    return ClaimRow.team == place.team, ClaimRow.channel == place.channel, ClaimRow.ts == place.ts


def _claim(row: ClaimRow) -> Claim:
    place = Place(row.team, row.channel, row.ts)
    return Claim(place, row.thread, row.state, tuple(row.replies.split()), row.message_id)  # type: ignore[arg-type]
