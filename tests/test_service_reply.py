"""What a reply shows of an entry for each intent."""

from dataclasses import replace

import pytest

from corpus.entry import Entry, FollowUp, Pitfall, Snippet, StatedError
from index.passage import Kind, Passage
from service.dialogue import CODE, EXPLAIN, PITFALLS, Intent, Meant
from service.forms import Form
from service.pieces import Seen, words_of
from service.reply import Composed, compare, compose, joined, not_covered

CODE_1 = Snippet("e#code-1", "print(1)")
CODE_2 = Snippet("e#code-2", "print(2)")
BROKEN = Snippet("e#pitfall-1-broken", "1/0", error=StatedError("ZeroDivisionError", "division by zero"))
MENDED = Snippet("e#pitfall-1-mended", "1/1")
FORGOT = Snippet("e#pitfall-2-broken", "1/'a'", error=StatedError("TypeError", "unsupported operand"))
DEEPER = Snippet("e#follow-up-1-code-1", "print(3)")
ENTRY = Entry(
    id="e",
    number=1,
    collection="interview",
    topic="t",
    question="What is division?",
    answer="It shares numbers.",
    explanation="Because of rings.\n\nAnd fields explain remainders.",
    code=(CODE_1, CODE_2),
    pitfalls=(
        Pitfall("By zero", "It fails.", BROKEN, MENDED),
        Pitfall("Forgetting to convert", "Texts do not divide.", FORGOT, replace(MENDED, id="e#pitfall-2-mended")),
    ),
    follow_ups=(
        FollowUp("How do I divide matrices?", "By solving.", (DEEPER,)),
        FollowUp("Which to choose?", "Floats."),
    ),
    key_points=("division shares",),
    references=("Arithmetic",),
)
ANSWERED = ("e#answer",)


def meant(text: str, intent: Intent = "question", form: Form = "answer", place: int = 0) -> Meant:
    return Meant(intent, text, entries=("e",), form=form, place=place)


def near(kind: Kind, text: str, *, in_context: bool = True) -> Seen:
    return Seen((Passage("e", "interview", kind, text),), ANSWERED, ANSWERED, in_context)


def test_what_is_gets_the_answer_with_one_snippet_and_what_comes_next() -> None:
    shown = compose(meant("what is that"), ENTRY)
    assert (shown.text, shown.snippets) == ("It shares numbers.", (CODE_1,))
    assert shown.follow_ups == ("How do I divide matrices?", "Which to choose?", PITFALLS, EXPLAIN, CODE)
    assert shown.shown == ANSWERED


def test_an_answer_to_another_question_stands_below_that_question() -> None:
    passage = near("follow_up", "How do I divide matrices? By solving.")
    assert (
        "**How do I divide matrices?**\n\nBy solving." in compose(meant("on which device is it"), ENTRY, passage).text
    )
    assert compose(meant("How do I divide matrices?", "follow_up"), ENTRY, passage).text == "By solving."


@pytest.mark.parametrize("asked", ["what if I forget to convert it?", "what happens if I don't convert?"])
def test_what_comes_of_a_mistake_gets_that_mistake(asked: str) -> None:
    first = compose(meant(asked), ENTRY, Seen((Passage("e", "interview", "pitfall", "Forgetting to convert"),)))
    later = compose(meant(asked), ENTRY, near("answer", "It shares numbers."))
    assert first.shown == later.shown == ("e#pitfall-2",)


def test_what_was_said_just_now_is_said_again_rather_than_something_else() -> None:
    seen = Seen((), ("e#answer", "e#explanation-2"), ("e#explanation-2",), in_context=True)
    again = compose(meant("and for remainders"), ENTRY, seen)
    assert (again.shown, "Once more" in again.text) == (("e#explanation-2",), True)


def test_how_do_i_gets_the_code() -> None:
    shown = compose(meant("how do I share", form="code"), ENTRY)
    assert shown.snippets == (CODE_1, CODE_2)
    assert CODE not in shown.follow_ups


def test_why_gets_the_paragraph_of_the_explanation_that_fits() -> None:
    shown = compose(meant("why are there remainders", form="explanation"), ENTRY)
    assert shown.text == "It shares numbers.\n\nAnd fields explain remainders."


def test_an_error_message_gets_its_pitfall_with_the_mended_code() -> None:
    shown = compose(meant("ZeroDivisionError: division by zero", form="error"), ENTRY)
    assert "**By zero.** It fails." in shown.text
    assert "known mistake" in shown.text
    assert [snippet.id for snippet in shown.snippets] == [BROKEN.id, MENDED.id]


def test_another_error_is_not_called_a_known_mistake() -> None:
    shown = compose(meant("ValueError: by zero it fails", form="error"), ENTRY)
    assert "mistake" not in shown.text


def test_a_question_that_a_follow_up_asks_gets_the_follow_ups_answer() -> None:
    assert compose(meant("how to divide matrices?"), ENTRY).text == "By solving."


def test_why_continues_the_explanation_and_is_not_offered_again() -> None:
    shown = compose(meant(EXPLAIN, "explanation"), ENTRY, Seen(shown=ANSWERED))
    assert shown.text == "Because of rings.\n\nAnd fields explain remainders."
    assert EXPLAIN not in shown.follow_ups


def test_a_long_explanation_waits_for_more() -> None:
    long = replace(ENTRY, explanation="\n\n".join(f"{letter * 500}." for letter in "abc"))
    first = compose(meant("why?", "explanation"), long, Seen(shown=ANSWERED))
    second = compose(meant("more", "more"), long, Seen(shown=(*ANSWERED, *first.shown)))
    assert first.text == "a" * 500 + "."
    assert second.text == "b" * 500 + "."


def test_more_ends_with_the_key_points() -> None:
    shown: tuple[str, ...] = ANSWERED
    texts = []
    for _ in range(8):
        part = compose(meant("more", "more"), ENTRY, Seen(shown=shown))
        shown += part.shown
        texts.append(part.text)
    assert "division shares" in texts[-1]
    assert len(set(texts[:6])) == 6


def test_several_pitfalls_come_broken_then_mended_with_what_goes_wrong_above() -> None:
    shown = compose(meant(PITFALLS, "pitfalls"), ENTRY)
    assert [snippet.id for snippet in shown.snippets][:2] == [BROKEN.id, MENDED.id]
    assert shown.snippets[0].caption == "**By zero.** It fails."
    assert shown.text.startswith("2 mistakes")


def test_a_place_picks_one_of_the_pitfalls_that_were_shown() -> None:
    seen = Seen(shown=("e#pitfall-1", "e#pitfall-2"))
    assert compose(meant("the second one", "pitfall", place=1), ENTRY, seen).shown == ("e#pitfall-2",)


def test_what_if_i_dont_gets_the_pitfall_of_leaving_it_out() -> None:
    assert compose(meant("what if I don't", "consequence"), ENTRY).shown == ("e#pitfall-2",)


def test_how_to_fix_it_gets_the_mended_form_of_what_was_shown_last() -> None:
    shown = compose(meant("fix", "fix"), ENTRY, Seen(shown=("e#pitfall-1",), last=("e#pitfall-1",)))
    assert shown.snippets == (replace(MENDED, caption="Mended:"),)


def test_which_one_gets_the_follow_up_about_choosing() -> None:
    assert "Floats." in compose(meant("which one", "choice"), ENTRY).text


def test_follow_up_gets_its_own_answer_and_code_and_is_not_offered_again() -> None:
    shown = compose(meant("How do I divide matrices?", "follow_up"), ENTRY, Seen(shown=ANSWERED))
    assert (shown.text, shown.snippets) == ("By solving.", (DEEPER,))
    assert shown.follow_ups[0] == "Which to choose?"


def test_in_context_the_nearest_piece_is_shown_and_the_answer_not_repeated() -> None:
    assert compose(
        meant("and the remainders?"), ENTRY, near("explanation", "And fields explain remainders.")
    ).shown == ("e#explanation-2",)
    assert compose(meant("and then?"), ENTRY, near("question", ENTRY.question)).shown != ANSWERED


def test_summary_and_sources_tell_what_the_entry_holds() -> None:
    assert "division shares" in compose(meant("tl;dr", "summary"), ENTRY).text
    assert "*Arithmetic*" in compose(meant("source?", "sources"), ENTRY).text


@pytest.mark.parametrize(
    "intent",
    [
        "explanation",
        "pitfalls",
        "pitfall",
        "code",
        "consequence",
        "more",
        "summary",
        "sources",
        "comparison",
        "choice",
        "fix",
    ],
)
def test_what_the_entry_lacks_still_gets_a_reply(intent: Intent) -> None:
    bare = replace(ENTRY, explanation="", pitfalls=(), code=(), follow_ups=(), key_points=(), references=())
    for shown in ((), ANSWERED):
        assert compose(meant("…", intent), bare, Seen(shown=shown)).text.strip()


def test_an_unsure_reply_says_what_it_covers_and_what_not() -> None:
    text = compose(meant("division with horovod"), ENTRY, known=words_of(ENTRY)).text
    assert text.startswith("*The nearest lesson is: “What is division?” It says nothing about “horovod”.*")
    known = compose(meant("division"), ENTRY, known=words_of(ENTRY)).text
    assert "may answer only a part" in known


def test_a_comparison_shows_both_sides_and_offers_of_both() -> None:
    other = replace(ENTRY, id="f", question="What is a product?", answer="It repeats sums.", follow_ups=(), pitfalls=())
    shown = compare(ENTRY, other, ())
    assert "It shares numbers." in shown.text
    assert "It repeats sums." in shown.text
    assert shown.shown == ("e#answer", "f#answer")
    assert shown.follow_ups[0] == "How do I divide matrices?"


def test_several_questions_get_several_answers_under_their_questions() -> None:
    parts = [
        ("a?", Composed("A.", (CODE_1,), ("x", "y"), ("e#answer",))),
        ("b?", Composed("B.", (), ("z",), ("f#answer",))),
    ]
    shown = joined(parts)
    assert shown.text == "**1. a?**\n\nA.\n\n**2. b?**\n\nB."
    assert shown.follow_ups == ("x", "z", "y")
    assert shown.snippets[0].caption == "*For question 1.*"


def test_a_refusal_names_the_nearest_questions() -> None:
    assert "- What is division?" in not_covered(["What is division?"]).text
