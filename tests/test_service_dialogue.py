"""What a message means, given the turns before it."""

import pytest

from service.dialogue import CODE, EXPLAIN, PITFALLS, Leaning, Meant, PastTurn, leaning, resolve

BEFORE = PastTurn(
    asked="how do I set up an optimizer",
    spoken=(("optimizer-setup", "How do you set up an optimizer?"),),
    shown=("optimizer-setup#answer",),
    offered=("Why add gradients up?", PITFALLS, EXPLAIN),
)
EARLIER = PastTurn(
    asked="what is autograd", spoken=(("autograd", "What is autograd for?"),), offered=("What is a leaf?",)
)
ABSTAINED = PastTurn(asked="how do I use horovod", outcome="not_covered", nearest=(("gpu", "How do I use a GPU?"),))
THANKED = PastTurn(asked="thanks", outcome="small_talk", offered=("How do I save a model?",))


@pytest.mark.parametrize(
    "message", ["hi", "Hello there!", "thanks a lot", "Thank you very much.", "?!", "🙂", "the of"]
)
def test_greetings_thanks_and_messages_without_meaning_are_small_talk(message: str) -> None:
    assert resolve(message).intent == "small_talk"


def test_why_after_a_refusal_is_told_why_and_offers_the_nearest_again() -> None:
    assert resolve("but why?", (ABSTAINED,)).talk == "unsure"
    assert resolve("why?", (BEFORE, ABSTAINED)).intent == "explanation"


def test_a_long_message_without_a_meaningful_word_leans_on_nothing() -> None:
    assert resolve("x " * 500, (BEFORE,)).talk == "wordless"
    assert resolve("and what is it then", (BEFORE,)).intent == "question"


def test_a_standing_offer_is_understood_with_its_topic() -> None:
    meant = resolve(PITFALLS, (BEFORE,))
    assert (meant.intent, meant.text) == ("pitfalls", f"How do you set up an optimizer? ({PITFALLS})")


def test_the_first_thing_asked_is_the_oldest_topic() -> None:
    oldest = PastTurn(asked="what is a tensor", spoken=(("tensor", "What is a tensor?"),))
    compared = resolve("how is that different from the first thing I asked?", (BEFORE, EARLIER, oldest))
    assert (compared.intent, compared.entries) == ("comparison", ("optimizer-setup", "tensor"))
    assert resolve("the other one", (BEFORE, EARLIER, oldest)).entries == ("autograd",)


@pytest.mark.parametrize(
    "message", ["what is autograd", "yes or no: does step() need a loss?", "hi, what is a tensor?"]
)
def test_at_the_start_everything_else_is_a_question_as_it_stands(message: str) -> None:
    meant = resolve(message)
    assert (meant.intent, meant.text, meant.entries, meant.leaning) == ("question", message, (), "own")


@pytest.mark.parametrize(
    ("message", "intent"),
    [
        ("why?", "explanation"),
        ("But why is that?", "explanation"),
        ("tell me more", "more"),
        ("show me the code", "code"),
        ("an example please", "code"),
        ("What can go wrong?", "pitfalls"),
        ("what if I don't?", "consequence"),
        ("ok, and what happens if I leave it out?", "consequence"),
        ("in short please", "summary"),
        ("are you sure?", "sources"),
        ("which one should I use?", "choice"),
        ("no", "small_talk"),
    ],
)
def test_first_follow_up_is_about_the_entry_before(message: str, intent: str) -> None:
    meant = resolve(message, (BEFORE,))
    assert meant.intent == intent
    if intent != "small_talk":
        assert meant.entries == ("optimizer-setup",)
        assert BEFORE.spoken[0][1] in meant.text


@pytest.mark.parametrize(
    "message",
    ["Why add gradients up?", "why add gradients up", "1", "1.", "the first one", "yes", "Yes please!", "sure"],
)
def test_offered_follow_up_is_picked_by_its_text_its_place_or_yes(message: str) -> None:
    assert resolve(message, (BEFORE,)) == Meant("follow_up", "Why add gradients up?", entries=("optimizer-setup",))


@pytest.mark.parametrize(
    ("message", "intent"), [("2", "pitfalls"), ("the last one", "explanation"), (EXPLAIN, "explanation")]
)
def test_standing_offers_are_picked_like_follow_ups(message: str, intent: str) -> None:
    assert resolve(message, (BEFORE,)).intent == intent


@pytest.mark.parametrize("message", ["4", "0", "12"])
def test_a_number_that_was_not_offered_is_told(message: str) -> None:
    assert resolve(message, (BEFORE,)).talk == "unoffered"
    assert resolve(message).talk == "wordless"


@pytest.mark.parametrize("message", ["²", "99999999999999999999", "3.5"])
def test_other_numbers_are_questions(message: str) -> None:
    assert resolve(message, (BEFORE,)).intent == "question"


def test_an_offer_of_an_earlier_turn_can_still_be_clicked() -> None:
    assert resolve("What is a leaf?", (BEFORE, EARLIER)).entries == ("autograd",)


def test_after_several_mistakes_the_second_one_is_a_mistake_and_2_an_offer() -> None:
    shown = ("optimizer-setup#pitfall-1", "optimizer-setup#pitfall-2")
    turn = PastTurn(asked="…", spoken=BEFORE.spoken, shown=shown, offered=("Why add gradients up?", CODE))
    meant = resolve("the second one", (turn,))
    assert (meant.intent, meant.place) == ("pitfall", 1)
    assert resolve("2", (turn,)).intent == "code"


def test_the_nearest_questions_can_be_picked_after_a_refusal() -> None:
    meant = resolve("yes", (ABSTAINED,))
    assert (meant.intent, meant.text, meant.entries) == ("question", "How do I use a GPU?", ("gpu",))


def test_examples_of_a_greeting_can_be_picked() -> None:
    assert resolve("1", (THANKED,)).text == "How do I save a model?"


def test_small_talk_between_does_not_end_the_topic() -> None:
    assert resolve("why?", (THANKED, BEFORE)).entries == ("optimizer-setup",)


def test_a_refusal_ends_the_topic() -> None:
    assert resolve("why?", (ABSTAINED, BEFORE)).entries == ()


def test_the_other_one_is_the_topic_before_this_one() -> None:
    meant = resolve("how is that different from the other one?", (BEFORE, EARLIER))
    assert (meant.intent, meant.entries) == ("comparison", ("optimizer-setup", "autograd"))
    assert resolve("what about the other one?", (BEFORE, EARLIER)).entries == ("autograd",)


def test_how_to_mend_it_is_the_mistake_that_was_shown_or_else_a_question() -> None:
    turn = PastTurn(asked="…", spoken=BEFORE.spoken, shown=("optimizer-setup#pitfall-1",))
    assert resolve("how do I fix it?", (turn,)).intent == "fix"
    meant = resolve("how do I fix it?", (BEFORE,))
    assert (meant.intent, meant.leaning) == ("question", "topic")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("how do I save a trained network to disk?", "own"),
        ("one more thing: how do I save it afterwards", "own"),
        ("another question: is it hard to write a dataset of pairs", "own"),
        ("does it need a separate loss function", "either"),
        ("and how do I load pictures from a folder", "either"),
        ("and the last layer?", "topic"),
        ("can that hurt?", "topic"),
        ("is there more to it than that", "topic"),
        ("yes, I meant the speed of training", "clarifies"),
        ("what does the warning mean?", "topic"),
        ("and on the GPU?", "ellipsis"),
        ("with the same learning rate?", "ellipsis"),
        ("what about with Adam?", "ellipsis"),
    ],
)
def test_how_much_a_question_leans_on_the_topic(message: str, expected: Leaning) -> None:
    assert leaning(message) == expected


def test_a_very_long_message_stands_on_its_own() -> None:
    assert leaning("it " + " ".join(f"word{number}" for number in range(50))) == "own"
