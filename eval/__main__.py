"""``python -m eval retrieval | abstention | … | all | report | fit``: see ``eval/README.md`` for the definitions."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table as Printed

from corpus.errors import TutorError
from eval import abstention, answers, dialogue, grounding, retrieval, support
from eval.evaluation import Bench, Evaluation, Found, Table
from eval.fit import fit as fit_calibration
from eval.qrels import QueriesUnusable, holds_dialogues, query_sets, read_sets
from eval.report import own_texts, write_page
from eval.results import RESULTS, as_json, compared, read_result, releases, result
from index.retriever import HybridRetriever
from index.store import open_index
from service.grounding import Grounding
from service.settings import Settings
from service.wiring import corpus_entries, ensure_index

EVALUATIONS: tuple[Evaluation, ...] = (
    retrieval.EVALUATION,
    abstention.EVALUATION,
    dialogue.EVALUATION,
    answers.EVALUATION,
    grounding.EVALUATION,
)
"""What can be measured, in the order of ``all``: one line each."""

app = typer.Typer(help="How well the tutor does.", no_args_is_help=True, pretty_exceptions_enable=False)
_out = Console(width=200)
_err = Console(stderr=True)

Queries = Annotated[
    list[Path] | None, typer.Option("--queries", metavar="FILE...", help="Files of queries; the project's own if none.")
]
MoreQueries = Annotated[list[Path] | None, typer.Argument(metavar="", show_default=False, hidden=True)]
Collection = Annotated[str | None, typer.Option(help="Search only this collection.")]
MinGrade = Annotated[int, typer.Option(min=1, help="What counts as relevant; queries without it are left out.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print a machine-readable form; of queries only the ids.")]
Baseline = Annotated[Path | None, typer.Option(help="What --json printed earlier, to test the change against.")]


class UnknownCollection(TutorError):
    """No entry belongs to the collection that was asked for."""


def _command(evaluations: Sequence[Evaluation]) -> Callable[..., None]:
    """The command that runs ``evaluations`` and tells what they found."""

    def run(
        more: MoreQueries = None,
        queries: Queries = None,
        collection: Collection = None,
        min_grade: MinGrade = 2,
        as_json_: AsJson = False,
        baseline: Baseline = None,
    ) -> None:
        before = read_result(baseline) if baseline else None
        files = [*(queries or []), *(more or [])]
        chosen = [(one, paths) for one in evaluations if (paths := _paths(one, files))]
        _tell_unread(files, [path for _, paths in chosen for path in paths])
        if not chosen:
            raise QueriesUnusable("none of the files is of a format that is read here; see eval/README.md")
        bench = _open(collection, min_grade)
        found = result(bench, {one.name: one.measure(bench, paths) for one, paths in chosen})
        changes = compared(before, found, str(baseline)) if before else {}
        if as_json_:
            print(as_json(found))
            for name, table in changes.items():
                _err.print(f"{name}: {table.title}", markup=False)
                _print(table, _err)
            return
        for name, one in found.evaluations.items():
            _tell(one, changes.get(name))

    return run


for _evaluation in EVALUATIONS:
    app.command(_evaluation.name, help=_evaluation.about)(_command((_evaluation,)))
app.command("all", help="Every evaluation, one after the other.")(_command(EVALUATIONS))


@app.command()
def report(
    source: Annotated[
        Path | None, typer.Argument(metavar="[RESULT]", help="What --json printed; the newest release if none.")
    ] = None,
    output: Annotated[Path, typer.Option(help="The page to write.")] = Path("eval-report.html"),
) -> None:
    """Draw one page of a saved result: tables, curves, confusions, and the history over releases."""
    history = releases()
    if source is None and not history:
        raise QueriesUnusable(f"{RESULTS} holds no release; name a result that --json printed")
    found = read_result(source) if source else history[-1]
    write_page(output, found, history, own_texts())
    _out.print(f"{output} has been written.", markup=False, highlight=False)


@app.command()
def fit() -> None:
    """Fit the weights and the confidence on the development queries, and write index/calibration.json."""
    bench = _open(None, 2)
    sets = read_sets(query_sets("dev_*"), bench.entries)
    _out.print(fit_calibration(bench.retriever, sets, bench.settings.embedding_model))


@app.command("fit-support")
def fit_support() -> None:
    """Fit the support score on the development half of our own sentences, and write service/support.json."""
    bench = _open(None, 2)
    _out.print(support.fit(Grounding(bench.retriever.encoder), {entry.id: entry for entry in bench.entries}))


def _paths(evaluation: Evaluation, files: Sequence[Path]) -> list[Path]:
    """Those of ``files`` that are of the evaluation's format; its own where none is given."""
    return [path for path in files if holds_dialogues(path) == evaluation.dialogues] if files else evaluation.own()


def _tell_unread(files: Sequence[Path], read: Sequence[Path]) -> None:
    for path in (path for path in files if path not in read):
        held, reader = ("dialogues", "dialogue") if holds_dialogues(path) else ("single queries", "retrieval")
        _err.print(
            f"eval: {path} holds {held} and is left aside; run: python -m eval {reader}", markup=False, soft_wrap=True
        )


def _open(collection: str | None, min_grade: int) -> Bench:
    settings, entries = Settings(), corpus_entries()
    collections = sorted({entry.collection for entry in entries})
    if collection is not None and collection not in collections:
        raise UnknownCollection(f"there is no collection '{collection}'; there are: {', '.join(collections)}")

    def open_retriever() -> HybridRetriever:
        ensure_index(settings, entries, report=lambda message: _err.print(message, markup=False))
        return open_index(entries, settings.index_folder, model=settings.embedding_model)

    return Bench(settings, entries, open_retriever, collection, min_grade)


def _tell(found: Found, changes: Table | None) -> None:
    """Print the tables, the changes, the worst queries and the times."""
    texts = own_texts()
    for table in (*found.tables, *([changes] if changes else [])):
        _out.print(f"\n{table.title}\n", markup=False, highlight=False)
        _print(table, _out)
    if found.worst:
        _out.print(f"\nThe {len(found.worst)} worst queries\n", highlight=False)
        rows = tuple(
            (m.query_set, m.query_id, m.told, " ".join(texts.get(m.query_id, "").split())[:80]) for m in found.worst
        )
        _print(Table("", ("queries", "id", "what", "text (own ones)"), rows), _out)
    if found.milliseconds:
        told = ", ".join(f"{stage} {value:.1f} ms" for stage, value in found.milliseconds.items())
        _out.print(f"\nTime for one query (median): {told}\n", markup=False, highlight=False)


def _print(table: Table, console: Console) -> None:
    printed = Printed(*table.columns, box=MARKDOWN)
    for row in table.rows:
        printed.add_row(*(cell.replace("[", r"\[") for cell in row))
    console.print(printed)


def main() -> None:
    """Run the command line; errors that can be told are told, with exit status 1."""
    try:
        app()
    except TutorError as error:
        _err.print(f"eval: {error}", markup=False, highlight=False, soft_wrap=True)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
