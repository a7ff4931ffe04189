"""Claims on Slack messages: one holder at a time, and none that dies unseen."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from service.memory import Memory, UnknownMessage
from service.memory.claims import Place

PLACE = Place("T1", "C1", "10.1")


def test_message_is_claimed_once(memory: Memory) -> None:
    assert memory.claims.take(PLACE, "10.1", 60)
    assert not memory.claims.take(PLACE, "10.1", 60)


def test_of_many_processes_one_gets_the_claim(tmp_path: Path) -> None:
    replicas = [Memory(tmp_path / "db") for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda n: replicas[n % 4].claims.take(PLACE, "10.1", 60), range(24)))
    for replica in replicas:
        replica.close()
    assert taken.count(True) == 1


def test_claim_whose_lease_ran_out_is_found_once_and_a_renewed_one_is_not(memory: Memory) -> None:
    other = Place("T1", "C1", "11.1")
    for place in (PLACE, other):
        memory.claims.take(place, place.ts, -1)
    memory.claims.renew([other], 60)
    assert [claim.place for claim in memory.claims.orphans(60)] == [PLACE]
    assert memory.claims.orphans(60) == []


@pytest.mark.parametrize(("state", "again"), [("posted", False), ("told", True)])
def test_what_ended_in_a_notice_may_be_taken_anew(memory: Memory, state: str, again: bool) -> None:
    memory.claims.take(PLACE, "10.1", 60)
    memory.claims.close(PLACE, state, ["12.1", "12.2"], "m1")  # type: ignore[arg-type]
    claim = memory.claims.get(PLACE)
    assert claim is not None
    assert (claim.state, claim.replies, claim.message_id) == (state, ("12.1", "12.2"), "m1")
    assert memory.claims.replies("T1", "C1", "10.1") == {"12.1", "12.2"}
    assert not memory.claims.take(PLACE, "10.1", 60)
    assert memory.claims.take(PLACE, "10.1", 60, anew=True) is again


def test_reply_that_comes_after_its_claim_was_taken_for_dead_is_too_late(memory: Memory) -> None:
    memory.claims.take(PLACE, "10.1", -1)
    memory.claims.begun(PLACE, "m1", ["12.1"])
    (orphan,) = memory.claims.orphans(60)
    memory.claims.begun(PLACE, "m2", ["12.1", "12.2"])
    assert not memory.claims.close(PLACE, "posted", ["12.1", "12.2"], "m2")
    assert memory.claims.get(PLACE) == orphan
    assert memory.claims.close(PLACE, "told", orphan.replies)
    assert not memory.claims.close(PLACE, "posted", ["12.2"])


def test_claim_that_its_own_holder_finds_run_out_goes_on(memory: Memory) -> None:
    memory.claims.take(PLACE, "10.1", -1)
    assert memory.claims.orphans(60, {PLACE}) == []
    assert memory.claims.orphans(60) == []
    assert memory.claims.close(PLACE, "posted", ["12.1"])


def test_orphan_whose_finder_dies_too_is_found_again(memory: Memory) -> None:
    memory.claims.take(PLACE, "10.1", -1)
    assert [claim.place for claim in memory.claims.orphans(-1)] == [PLACE]
    assert [claim.place for claim in memory.claims.orphans(60)] == [PLACE]


def test_message_that_is_dropped_after_its_reply_stands_keeps_what_came_of_it(memory: Memory) -> None:
    memory.claims.take(PLACE, "10.1", 60)
    memory.claims.close(PLACE, "posted", ["12.1"], "m1")
    before = memory.claims.drop(PLACE)
    assert before is not None
    assert (before.state, before.message_id) == ("posted", "m1")
    assert memory.claims.get(PLACE) == before
    assert memory.claims.drop(Place("T1", "C1", "99.9")) is None


def test_claim_that_was_dropped_stays_so(memory: Memory) -> None:
    memory.claims.take(PLACE, "10.1", 60)
    before = memory.claims.drop(PLACE)
    assert before is not None
    assert before.state == "claimed"
    assert not memory.claims.close(PLACE, "posted", ["12.1"])
    claim = memory.claims.get(PLACE)
    assert claim is not None
    assert claim.state == "dropped"


def test_thread_goes_on_until_its_conversation_is_deleted(memory: Memory) -> None:
    memory.conversations.save("c1", "m1", "why?", "{}", "slack:T1")
    memory.claims.go_on("T1", "C1", "10.1", "c1", "U1")
    memory.claims.step_aside("T1", "C1", "10.1")
    thread = memory.claims.thread("T1", "C1", "10.1")
    assert thread is not None
    assert (thread.conversation_id, thread.asker, thread.aside) == ("c1", "U1", True)
    assert memory.claims.latest("T1", "C1", 60) == thread
    assert memory.claims.thread("T2", "C1", "10.1") is None
    memory.messages.delete("m1", "slack:T1")
    assert memory.claims.thread("T1", "C1", "10.1") is None


def test_message_of_another_workspace_is_not_to_be_had(memory: Memory) -> None:
    memory.conversations.save("c1", "m1", "why?", '{"answer": "so"}', "slack:T1")
    with pytest.raises(UnknownMessage):
        memory.messages.reply("m1", "slack:T2")
    with pytest.raises(UnknownMessage):
        memory.messages.delete("m1", "slack:T2")
    assert memory.messages.reply("m1", "slack:T1") == '{"answer": "so"}'


def test_workspace_is_forgotten_whole_and_no_other(memory: Memory) -> None:
    for team in ("T1", "T2"):
        memory.conversations.save(f"c{team}", f"m{team}", "why?", "{}", f"slack:{team}")
        memory.claims.take(Place(team, "C1", "10.1"), "10.1", 60)
    assert memory.messages.delete_all("slack:T1") == 1
    memory.claims.forget_team("T1")
    assert memory.claims.get(Place("T1", "C1", "10.1")) is None
    assert memory.claims.get(Place("T2", "C1", "10.1")) is not None
    assert memory.messages.reply("mT2", "slack:T2") == "{}"
