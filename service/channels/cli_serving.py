"""The terminal, continued: ``torchtutor serve`` and ``torchtutor index build``."""

from typing import Annotated

import typer

from index.store import build_index
from service.channels import console, serving
from service.wiring import corpus_entries

app = typer.Typer()
index_app = typer.Typer(help="The search index.", no_args_is_help=True)
app.add_typer(index_app, name="index")


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on.")] = None,
) -> None:
    """Serve the page and the API; builds what the state folder lacks."""
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    serving.serve(console.settings().model_copy(update=given), console.parts, console.tell)


@index_app.command("build")
def build() -> None:
    """Embed the corpus and write the index into the state folder."""
    settings = console.settings()
    build_index(corpus_entries(settings), settings.index_folder, model=settings.embedding_model, report=console.tell)
