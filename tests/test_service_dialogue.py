"""What a message means, given the turn before it."""

import pytest

from service.dialogue import EXPLAIN, PITFALLS, Meant, Offer, resolve

BEFORE = Offer("optimizer-setup", "How do you set up an optimizer?", ("Why add gradients up?", PITFALLS, EXPLAIN))


@pytest.mark.parametrize("message", ["hi", "Hello there!", "thanks a lot", "Thank you very much.", "?!", "🙂"])
def test_greetings_and_thanks_are_small_talk(message: str) -> None:
    assert resolve(message, None).intent == "small_talk"


@pytest.mark.parametrize(
    "message", ["why?", "what is autograd", "yes or no: does step() need a loss?", "hi, what is x?"]
)
def test_at_the_start_everything_else_is_a_question_as_it_stands(message: str) -> None:
    assert resolve(message, None) == Meant("question", message)


@pytest.mark.parametrize(
    ("message", "intent"),
    [
        ("why?", "explanation"),
        ("But why is that?", "explanation"),
        ("tell me more", "explanation"),
        ("show me the code", "code"),
        ("an example please", "code"),
        ("What can go wrong?", "pitfalls"),
    ],
)
def test_first_follow_up_is_about_the_entry_before(message: str, intent: str) -> None:
    meant = resolve(message, BEFORE)
    assert (meant.intent, meant.entry_id) == (intent, "optimizer-setup")
    assert BEFORE.question in meant.text


@pytest.mark.parametrize("message", ["Why add gradients up?", "why add gradients up?", "1", "1.", "yes", "Yes please!"])
def test_offered_follow_up_is_picked_by_its_text_its_number_or_yes(message: str) -> None:
    assert resolve(message, BEFORE) == Meant("follow_up", "Why add gradients up?", "optimizer-setup")


@pytest.mark.parametrize(("message", "intent"), [("2", "pitfalls"), (EXPLAIN, "explanation")])
def test_standing_offers_are_picked_like_follow_ups(message: str, intent: str) -> None:
    assert resolve(message, BEFORE).intent == intent


@pytest.mark.parametrize("message", ["4", "0", "²", "99999999999999999999"])
def test_number_that_was_not_offered_is_a_question(message: str) -> None:
    assert resolve(message, BEFORE).intent == "question"


def test_changed_topic_does_not_drag_the_old_one_along() -> None:
    assert resolve("how do I save a model?", BEFORE) == Meant("question", "how do I save a model?")
