"""Whether a question is about its own words or about the topic before it."""

from index.passage import Passage
from index.retriever import Match, Ranking
from service.topic import choose, is_foreign, is_self_sufficient, lean

TOPIC_WORDS = frozenset({"weight", "optimizer", "gradient"})


def ranking(
    *scores: tuple[str, float], coverage: float = 0.9, confidence: float = 0.9, covered: bool = True
) -> Ranking:
    matches = tuple(Match(one, score, Passage(one, "interview", "question", "?")) for one, score in scores)
    return Ranking(matches, confidence, covered, coverage)


UNSURE = ranking(("save", 0.2), ("grad", 0.1), coverage=0.1, confidence=0.1, covered=False)
JOINED = ranking(("grad", 0.8), ("save", 0.3))


def test_a_question_that_is_sure_of_itself_needs_no_topic_however_short() -> None:
    sure = ranking(("save", 0.9), coverage=0.99, confidence=0.95)
    assert is_self_sufficient(sure)
    assert lean("topic", "and onnx?", sure, "why do gradients grow", TOPIC_WORDS) == "own"


def test_an_unsure_question_that_repeats_a_word_may_lean_on_the_topic() -> None:
    assert lean("own", "gradients of the head", UNSURE, "why do gradients grow", frozenset()) == "either"


def test_an_unsure_question_in_the_topics_words_may_lean_on_it() -> None:
    assert lean("own", "weights of the optimizer", UNSURE, "what is it", TOPIC_WORDS) == "either"


def test_a_few_words_of_the_topic_stay_with_it_where_another_entry_only_partly_fits() -> None:
    partly = ranking(("save", 0.5), coverage=0.7, confidence=0.3)
    assert lean("fragment", "optimizer weights?", partly, "what is it", TOPIC_WORDS) == "fragment"
    assert lean("fragment", "optimizer disk?", partly, "what is it", TOPIC_WORDS) == "own"


def test_an_unsure_question_of_other_words_stands_alone() -> None:
    assert lean("own", "boil an egg", UNSURE, "what is it", TOPIC_WORDS) == "own"


def test_an_exchanged_word_that_the_topic_does_not_know_is_no_ellipsis() -> None:
    assert lean("ellipsis", "and with horovod?", UNSURE, "…", TOPIC_WORDS) == "topic"
    assert lean("ellipsis", "and with weights?", UNSURE, "…", TOPIC_WORDS) == "ellipsis"


def test_words_that_no_entry_knows_are_about_something_else() -> None:
    assert is_foreign("either", "and how tall is the Eiffel tower?", UNSURE, "why", TOPIC_WORDS)
    assert not is_foreign("clarifies", "yes I meant the Eiffel tower", UNSURE, "why", TOPIC_WORDS)
    assert not is_foreign("topic", "and the tower?", UNSURE, "why", TOPIC_WORDS)


def test_own_words_alone_leave_the_topic_out() -> None:
    choice = choose("own", UNSURE, JOINED, "grad")
    assert (choice.ranking, choice.in_context) == (UNSURE, False)


def test_what_says_nothing_alone_stays_with_the_topic() -> None:
    choice = choose("topic", UNSURE, JOINED, "grad")
    assert choice.in_context
    assert choice.ranking.covered
    assert [match.entry_id for match in choice.ranking.matches] == ["grad", "save"]


def test_where_both_searches_agree_on_another_entry_the_topic_gets_nothing_on_top() -> None:
    close = ranking(("save", 0.51), ("grad", 0.50))
    assert choose("topic", close, close, "grad").ranking.matches[0].entry_id == "save"


def test_a_search_without_matches_changes_nothing() -> None:
    assert choose("topic", UNSURE, ranking(), "grad").ranking == UNSURE
