"""Which words of a text carry its meaning."""

import pytest

from service.words import content, mentions, share, stem


@pytest.mark.parametrize("word", ["saves", "saved", "saving", "save"])
def test_forms_of_a_word_are_one(word: str) -> None:
    assert stem(word) == "sav"


def test_irregular_forms_are_known() -> None:
    assert stem("frozen") == stem("freezing") == stem("freeze")


def test_stop_words_carry_no_meaning_and_code_counts_whole_and_in_parts() -> None:
    assert content("what is the use of torch.no_grad()?") == ["no_grad", "grad"]


def test_share_of_different_words() -> None:
    assert share(["a", "a", "b"], ["a"]) == 0.5
    assert share([], ["a"]) == 0


def test_the_beginning_of_a_longer_word_is_a_mention() -> None:
    assert mentions("suits convolutions", content("and in a conv net?"))
    assert not mentions("suits layers", content("and in a conv net?"))
