"""What a reply shows of an entry for each intent."""

from dataclasses import replace

from corpus.entry import Entry, FollowUp, Pitfall, Snippet, StatedError
from service.dialogue import EXPLAIN, PITFALLS, Meant
from service.reply import PARTLY, compose

CODE = Snippet("e#code-1", "print(1)")
BROKEN = Snippet("e#pitfall-1-broken", "1/0", error=StatedError("ZeroDivisionError", "division by zero"))
MENDED = Snippet("e#pitfall-1-mended", "1/1")
DEEPER = Snippet("e#follow-up-1-code-1", "print(2)")
ENTRY = Entry(
    id="e",
    number=1,
    collection="interview",
    topic="t",
    question="What?",
    answer="The answer.",
    explanation="The explanation.",
    code=(CODE,),
    pitfalls=(Pitfall("By zero", "It fails.", BROKEN, MENDED),),
    follow_ups=(FollowUp("Deeper?", "Yes.", (DEEPER,)), FollowUp("Compare?", "No.")),
)


def test_question_gets_the_answer_with_its_code_and_every_offer() -> None:
    shown = compose(Meant("question", "what"), ENTRY)
    assert (shown.text, shown.snippets) == ("The answer.", (CODE,))
    assert shown.follow_ups == ("Deeper?", "Compare?", PITFALLS, EXPLAIN)


def test_why_gets_the_explanation_and_is_not_offered_it_again() -> None:
    shown = compose(Meant("explanation", EXPLAIN, "e"), ENTRY)
    assert shown.text == "The explanation."
    assert EXPLAIN not in shown.follow_ups


def test_pitfalls_come_broken_then_mended_with_what_goes_wrong_above() -> None:
    shown = compose(Meant("pitfalls", PITFALLS, "e"), ENTRY)
    assert [snippet.id for snippet in shown.snippets] == [BROKEN.id, MENDED.id]
    assert shown.snippets[0].caption == "**By zero.** It fails."


def test_follow_up_gets_its_own_answer_and_code_and_is_not_offered_again() -> None:
    shown = compose(Meant("follow_up", "Deeper?", "e"), ENTRY)
    assert (shown.text, shown.snippets) == ("Yes.", (DEEPER,))
    assert shown.follow_ups[0] == "Compare?"


def test_what_the_entry_lacks_falls_back_to_its_answer() -> None:
    bare = replace(ENTRY, explanation="", pitfalls=(), code=())
    for intent in ("explanation", "pitfalls", "code"):
        assert compose(Meant(intent, "…", "e"), bare).text == "The answer."
    assert compose(Meant("question", "what"), bare).follow_ups == ("Deeper?", "Compare?")


def test_an_unsure_reply_says_so_first() -> None:
    assert compose(Meant("question", "what"), ENTRY, sure=False).text == f"{PARTLY}\n\nThe answer."
