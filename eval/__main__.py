"""``python -m eval retrieval | abstention | fit``: see ``eval/README.md`` for the definitions."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table

from corpus.errors import TutorError
from eval import abstention as abstention_module
from eval import retrieval as retrieval_module
from eval.fit import fit as fit_calibration
from eval.qrels import Query, query_sets, read_sets
from index.retriever import HybridRetriever
from index.store import open_index
from service.settings import Settings
from service.wiring import corpus_entries, ensure_index

app = typer.Typer(help="How well the tutor does.", no_args_is_help=True)
_out = Console(width=200)
_err = Console(stderr=True)

Queries = Annotated[list[Path] | None, typer.Option("--queries", help="Files of queries; the project's own if none.")]
Collection = Annotated[str | None, typer.Option(help="Search only this collection.")]
MinGrade = Annotated[int, typer.Option(min=1, help="What counts as relevant; queries without it are left out.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print a machine-readable form; of queries only the ids.")]


@app.command()
def retrieval(
    queries: Queries = None, collection: Collection = None, min_grade: MinGrade = 2, as_json: AsJson = False
) -> None:
    """How well the right entry is found, for dense, BM25 and fused side by side."""
    retriever, sets = _open(queries, "*")
    rows = [
        row
        for name, asked in sets.items()
        if any(query.relevant for query in asked)
        for row in retrieval_module.evaluate(
            retriever,
            name,
            retrieval_module.score(retriever, [query for query in asked if query.relevant]),
            min_grade=min_grade,
            collection=collection,
        )
    ]
    if as_json:
        print(json.dumps(retrieval_module.as_json(rows), indent=1))
        return
    table = Table("queries", "n", "left out", "system", *retrieval_module.METRICS, box=MARKDOWN)
    for row in rows:
        n = str(row.means["success@1"].n)
        table.add_row(row.query_set, n, str(row.left_out), row.system, *map(str, row.means.values()))
    _out.print(table)


@app.command()
def abstention(
    queries: Queries = None, collection: Collection = None, min_grade: MinGrade = 2, as_json: AsJson = False
) -> None:
    """Whether uncovered queries are refused and covered ones are not, over all query sets together."""
    retriever, sets = _open(queries, "test_*")
    judged = abstention_module.judge(retriever, [query for asked in sets.values() for query in asked], collection)
    found = abstention_module.report(judged, min_grade)
    if as_json:
        print(json.dumps(abstention_module.as_json(found), indent=1))
        return
    table = Table("queries", "n", "refused", "AUROC against the covered", box=MARKDOWN)
    table.add_row(f"covered, of {', '.join(sets)}", str(found.covered), f"{found.false_refusals:.3f}", "")
    for kind, (share, n) in found.refused.items():
        table.add_row(kind, str(n), f"{share:.3f}", f"{found.auroc[kind]:.3f}" if kind in found.auroc else "")
    _out.print(table)
    _out.print(f"expected calibration error: {found.calibration_error:.3f}")


@app.command()
def fit() -> None:
    """Fit the weights and the confidence on the development queries, and write index/calibration.json."""
    retriever, sets = _open(None, "dev_*")
    _out.print(fit_calibration(retriever, sets, Settings().embedding_model))


def _open(queries: list[Path] | None, own: str) -> tuple[HybridRetriever, dict[str, list[Query]]]:
    settings, entries = Settings(), corpus_entries()
    sets = read_sets(queries or query_sets(own), entries)
    ensure_index(settings, entries, report=lambda message: _err.print(message, markup=False))
    return open_index(entries, settings.index_folder, model=settings.embedding_model), sets


def main() -> None:
    """Run the command line; errors that can be told are told, with exit status 1."""
    try:
        app()
    except TutorError as error:
        _err.print(f"eval: {error}", markup=False, highlight=False, soft_wrap=True)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
