"""An entry as pieces."""

from dataclasses import replace

from corpus.entry import Entry, FollowUp, Pitfall, Snippet, StatedError
from index.passage import Passage
from service.pieces import about, paragraphs, piece_of, pieces, raised_by, words_of


def test_pieces_are_numbered_in_reading_order(entries: tuple[Entry, ...]) -> None:
    names = ["answer", "explanation-1", "code", "pitfall-1", "follow-up-1"]
    assert [piece.id for piece in pieces(entries[0])] == [f"grad#{name}" for name in names]


def test_what_introduces_a_table_or_a_block_stays_with_it() -> None:
    text = "First.\n\nA table:\n\n| a |\n|---|\n\n```text\none\n\ntwo\n```\n\nLast."
    assert paragraphs(text) == ["First.", "A table:\n\n| a |\n|---|\n\n```text\none\n\ntwo\n```", "Last."]


def test_every_passage_with_a_text_of_its_own_leads_to_its_piece(entries: tuple[Entry, ...]) -> None:
    entry = entries[0]
    told = {
        Passage("grad", "interview", "answer", f"{entry.question}\n\n{entry.answer}"): "answer",
        Passage("grad", "interview", "question", entry.question): "answer",
        Passage("grad", "interview", "pitfall", "Detached\n\nNo graph.\n\nRuntimeError: …"): "pitfall-1",
        Passage("grad", "interview", "follow_up", "Where is the sum kept?\n\nIn .grad."): "follow-up-1",
        Passage("grad", "interview", "symptom", "the chain rule sums"): "explanation-1",
    }
    for passage, name in told.items():
        found = piece_of(passage, entry)
        assert found is not None
        assert found.id == f"grad#{name}"


def test_a_phrasing_that_no_piece_speaks_of_leads_nowhere(entries: tuple[Entry, ...]) -> None:
    assert piece_of(Passage("grad", "interview", "also_asked", "zebra crossing"), entries[0]) is None


def test_a_follow_up_is_found_by_its_words(entries: tuple[Entry, ...]) -> None:
    found = about("where's the sum kept", entries[0])
    assert found is not None
    assert found.title == "Where is the sum kept?"
    assert about("how do I save the sum of losses to disk", entries[0]) is None


def test_a_pitfall_is_found_by_the_exception_it_ends_with(entries: tuple[Entry, ...]) -> None:
    found = raised_by("RuntimeError: element 0 of tensors\n does not  require grad", entries[0])
    assert found is not None
    assert found.id == "grad#pitfall-1"
    assert raised_by("ValueError: does not require grad", entries[0]) is None


def test_assertions_are_no_known_exceptions() -> None:
    broken = Snippet("e#pitfall-1-broken", "assert 0", error=StatedError("AssertionError", "wrong"))
    pitfall = Pitfall("Wrong", "", broken, Snippet("e#pitfall-1-mended", "1"))
    entry = Entry(id="e", number=1, collection="c", topic="", question="?", answer=".", pitfalls=(pitfall,))
    assert raised_by("AssertionError: wrong", entry) is None


def test_words_of_an_entry_include_its_code(entries: tuple[Entry, ...]) -> None:
    assert {"print", "chain", "sum"} <= words_of(entries[0])


def test_a_follow_up_that_compares_answers_only_a_question_that_compares(entries: tuple[Entry, ...]) -> None:
    title = "What is the difference between sums and zeroed sums?"
    entry = replace(entries[0], follow_ups=(FollowUp(title, "One is zero."),))
    assert about("why do I need zeroed sums", entry) is None
    found = about("zeroed sums vs sums: the difference", entry)
    assert found is not None
    assert found.title == title
