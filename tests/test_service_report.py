"""A verification as data, compared with another, and drawn as a page."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fakes import PASSED, FakeSandbox

from corpus.entry import Entry, FollowUp, Snippet
from corpus.errors import TutorError
from service.channels import report_page
from service.compare import Change, compare, first_difference
from service.memory import Memory
from service.report import Report, ReportUnusable, make_report, read_report
from service.sandbox import SnippetError
from service.verify import Checked, Verifier, deviation

Made = Callable[..., Report]


@pytest.fixture
def entry(entries: tuple[Entry, ...]) -> Entry:
    """An entry with a snippet of each kind."""
    asked = FollowUp("And then?", "So.", (Snippet("grad#follow-up-1-code-1", "print(1)", device="cuda"),))
    return replace(entries[0], follow_ups=(asked,))


@pytest.fixture
def made(entry: Entry, sandbox: FakeSandbox) -> Made:
    """Makes the report on ``entry``, with the verdict of its first snippet changed as told."""

    def make(code: str = "print(1)", torch: str = "2.13.0", **changed: object) -> Report:
        shown = replace(entry.code[0], code=code)
        verdict = replace(PASSED, **{"stdout": "1\n", **changed})  # type: ignore[arg-type]
        checked = [Checked(shown, verdict, deviation(shown, verdict))]
        for pitfall in entry.pitfalls:
            broken = sandbox.verdicts[pitfall.broken.code]
            checked.append(Checked(pitfall.broken, broken, deviation(pitfall.broken, broken)))
            checked.append(Checked(pitfall.mended, PASSED, None))
        checked.append(Checked(entry.follow_ups[0].snippets[0], None, "GPU: not run on this machine"))
        return make_report([entry], checked).model_copy(update={"torch_version": torch})

    return make


def failed(type_: str, message: str) -> dict[str, object]:
    return {"status": "failed", "error": SnippetError(type_, message, 1, "…")}


def aspects(before: Report, after: Report) -> list[tuple[str, str, str]]:
    return [(change.aspect, change.before, change.after) for change in compare(before, after).changes]


def test_snippets_are_counted_by_kind_and_outcome(made: Made) -> None:
    report = made()
    assert report.counts == {"as stated": 3, "warned": 0, "not as stated": 0, "not run": 1}
    assert {kind: [name for name, n in counts.items() if n] for kind, counts in report.kinds.items()} == {
        "code": ["as stated"],
        "pitfall, broken": ["as stated"],
        "pitfall, mended": ["as stated"],
        "follow-up code": ["not run"],
    }
    assert report.not_run == {"GPU: not run on this machine": 1}
    assert report.sound


def test_deprecation_warning_of_good_code_is_a_fault_of_its_own_kind(made: Made) -> None:
    report = made(warnings=("DeprecationWarning: torch.old is deprecated",))
    assert (report.snippets[0].outcome, report.sound) == ("warned", False)
    assert report.snippets[0].deviation == "it passed with a warning: DeprecationWarning: torch.old is deprecated"


def test_wrong_output_is_not_taken_for_a_mere_warning(made: Made) -> None:
    report = made(stdout="2\n", warnings=("UserWarning: odd",))
    assert (report.snippets[0].outcome, report.sound) == ("not as stated", False)


def test_warning_of_broken_code_is_no_fault(made: Made, sandbox: FakeSandbox) -> None:
    sandbox.verdicts["broken()"] = replace(sandbox.verdicts["broken()"], warnings=("UserWarning: odd",))
    assert made().sound


def test_report_covers_every_snippet_of_the_corpus(entry: Entry, memory: Memory, sandbox: FakeSandbox) -> None:
    report = make_report([entry], list(Verifier(memory, sandbox).check_all([entry], at_once=1)))
    assert [row.id for row in report.snippets] == [snippet.id for snippet in entry.snippets()]


def test_report_reads_back_as_it_was_written(made: Made, tmp_path: Path) -> None:
    report = made(warnings=("UserWarning: odd",))
    path = tmp_path / "report.json"
    path.write_text(json.dumps({**report.model_dump(mode="json"), "comparison": {}}))
    assert read_report(path) == report


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "EOF"),
        (b"\xff\xfe", "Invalid JSON"),
        (b"{", "Invalid JSON"),
        (b"[" * 100_000, "Invalid JSON"),
        (b"[]", "should be an object"),
        (b'{"counts": {}}', "torch_version: Field required"),
        (b'{"format": 2}', "format: Input should be 1"),
        (b'{"torch_version": 1, "python_version": "3", "entries": 1, "snippets": []}', "torch_version"),
        (b'{"torch_version": "2", "python_version": "3", "entries": 1, "snippets": [{"id": "a"}]}', r"snippets\.0\."),
    ],
)
def test_file_that_is_no_report_is_told(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(content)
    with pytest.raises(ReportUnusable, match=rf"report\.json is no report.*{reason}.*torchtutor verify --json"):
        read_report(path)


def test_report_that_is_not_there_or_a_folder_is_told(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.json", tmp_path):
        with pytest.raises(ReportUnusable, match="cannot be read"):
            read_report(path)


def test_report_too_large_or_with_an_id_twice_is_told(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = made()
    path = tmp_path / "report.json"
    path.write_text(report.model_copy(update={"snippets": report.snippets * 2}).model_dump_json())
    with pytest.raises(ReportUnusable, match="'grad#code-1' stands in it twice"):
        read_report(path)
    monkeypatch.setattr("service.report.MAX_REPORT_BYTES", 100)
    with pytest.raises(ReportUnusable, match="larger than 100 bytes"):
        read_report(path)


def test_same_reports_have_no_change(made: Made) -> None:
    compared = compare(made(torch="2.13.0"), made(torch="2.14.0"))
    assert (compared.torch_before, compared.torch_after, compared.compared) == ("2.13.0", "2.14.0", 4)
    assert (compared.changes, compared.edited, compared.added, compared.removed) == ((), (), (), ())


def test_changed_status_and_error_are_told(made: Made) -> None:
    assert aspects(made(), made(**failed("TypeError", "bad"))) == [
        ("outcome", "as stated", "not as stated: it must pass, but the run ended as 'failed': TypeError: bad"),
        ("status", "passed", "failed"),
        ("error", "", "TypeError: bad"),
    ]


def test_changed_message_of_a_stated_error_is_told(made: Made, sandbox: FakeSandbox) -> None:
    before = made()
    sandbox.fails("broken()", "RuntimeError", "does not require grad and less")
    told = ("error", "RuntimeError: does not require grad and more", "RuntimeError: does not require grad and less")
    assert aspects(before, made()) == [told]


def test_changed_output_is_told_where_the_entry_states_none(made: Made) -> None:
    def silent(report: Report) -> Report:
        rows = [row.model_copy(update={"expected_output": None, "outcome": "as stated"}) for row in report.snippets]
        return report.model_copy(update={"snippets": tuple(rows)})

    before, after = silent(made(stdout="a\nb 1\nc")), silent(made(stdout="a\nb 2\nc"))
    (change,) = compare(before, after).changes
    assert (change.aspect, first_difference(change)) == ("output", ("b 1", "b 2"))


def test_new_and_gone_warnings_are_told(made: Made) -> None:
    warned = made(warnings=("FutureWarning: soon",))
    assert ("warnings", "", "FutureWarning: soon") in aspects(made(), warned)
    assert ("warnings", "FutureWarning: soon", "") in aspects(warned, made())


def test_time_memory_digits_and_addresses_are_no_change(made: Made) -> None:
    before = made(stdout="1.00001 at 0x7f00aa", duration_ms=1.0)
    assert aspects(before, made(stdout="1.00002  at 0x7fffbb", duration_ms=9.0, peak_memory_mb=5.0)) == []


def test_edited_code_is_not_compared(made: Made) -> None:
    compared = compare(made(), made(code="print(2 - 1)", **failed("TypeError", "bad")))
    assert (compared.changes, compared.edited, compared.compared) == ((), ("grad#code-1",), 3)


def test_snippets_of_one_report_only_are_named(made: Made) -> None:
    report = made()
    fewer = report.model_copy(update={"snippets": report.snippets[1:]})
    assert compare(fewer, report).added == ("grad#code-1",)
    assert compare(report, fewer).removed == ("grad#code-1",)


def test_snippet_that_is_no_longer_run_is_a_change(made: Made) -> None:
    report = made()
    row = report.snippets[0].model_copy(update={"verdict": None, "outcome": "not run", "deviation": "no sandbox"})
    after = report.model_copy(update={"snippets": (row, *report.snippets[1:])})
    assert aspects(report, after) == [("outcome", "as stated", "not run: no sandbox")]


class Page(HTMLParser):
    """What a browser would see: the elements and their texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


EVIL = "</pre><script>alert('1')</script><img src=x onerror=\"alert(2)\">\x1b[31m"


def test_page_shows_counts_code_and_what_the_run_showed(made: Made) -> None:
    page = Page(report_page.render(made(stdout="seven\n")))
    shown = re.sub(r"\s+", " ", page.text)
    assert "not everything is as stated" in shown
    assert "it printed something else than stated" in shown
    assert "It printedseven" in shown
    assert "1: GPU: not run on this machine" in shown
    assert "RuntimeError: does not require grad and more" in shown
    assert page.tags.count("details") == 4


def test_page_needs_no_other_file_and_no_script(made: Made) -> None:
    page = Page(report_page.render(made()))
    assert not {"script", "link", "img", "iframe", "object"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name in ("src", "srcset") or name.startswith("on")]
    assert [value for name, value in page.attributes if name == "href" and not (value or "").startswith("#")] == []


def test_everything_on_the_page_is_escaped(made: Made) -> None:
    def poisoned(report: Report) -> Report:
        error = SnippetError(EVIL, EVIL, 1, EVIL)
        verdict = replace(PASSED, stdout=EVIL, warnings=(EVIL,), error=error, stand_ins=(EVIL,), verified_at=EVIL)
        verdict = replace(verdict, device=EVIL, torch_version=EVIL, isolation=EVIL)
        texts = {"code": EVIL, "expected_output": EVIL, "expected_error": EVIL, "deviation": EVIL, "verdict": verdict}
        rows = [row.model_copy(update={**texts, "entry_id": EVIL, "id": EVIL + row.id}) for row in report.snippets]
        return report.model_copy(update={"snippets": tuple(rows), "torch_version": EVIL, "python_version": EVIL})

    report = poisoned(made())
    changes = (Change(id=EVIL, aspect="output", before=EVIL, after=EVIL),)
    comparison = compare(report, report).model_copy(update={"changes": changes})
    page = Page(report_page.render(report, comparison))
    clean = Page(report_page.render(made(), compare(made(), made())))
    assert set(page.tags) - set(clean.tags) <= {"p", "thead", "a"}
    assert "script" not in page.tags
    assert not [name for name, _ in page.attributes if name.startswith("on")]


def test_page_lists_what_changed_between_versions(made: Made) -> None:
    before, after = made(torch="2.13.0"), made(torch="2.14.0", **failed("TypeError", "bad"))
    text = Page(report_page.render(after, compare(before, after))).text
    assert "Changes from torch 2.13.0 to 2.14.0" in text
    assert "TypeError: bad" in text


def test_page_is_written_whole_even_where_text_is_no_unicode(tmp_path: Path) -> None:
    report_page.write(tmp_path / "report.html", "<p>\ud800</p>")
    assert (tmp_path / "report.html").read_text() == "<p>\\ud800</p>"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("name", ["missing/report.html", ".", "/dev/null"])
def test_page_that_cannot_be_written_is_told_before_anything_runs(tmp_path: Path, name: str) -> None:
    with pytest.raises(TutorError, match="cannot write the page"):
        report_page.check_writable(tmp_path / name)
