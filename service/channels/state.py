"""The terminal, continued: ``torchtutor backup | restore``."""

from pathlib import Path
from typing import Annotated

import typer

from service.backup import back_up, restore
from service.channels import console

app = typer.Typer()


@app.command("backup")
def _backup(file: Annotated[Path, typer.Argument(help="The file to write; it must not be there yet.")]) -> None:
    """Write conversations, feedback, verdicts and keys into one file, also while the service runs."""
    back_up(console.settings(), file)
    print(f"backed up into {file}; it holds what learners wrote: keep it as safe as the state folder")


@app.command("restore")
def _restore(
    file: Annotated[Path, typer.Argument(help="A file that 'backup' wrote.")],
    replace: Annotated[bool, typer.Option(help="Put it in place of what is there.")] = False,
) -> None:
    """Put a backup into the state folder; the service must not run."""
    settings = console.settings()
    restore(settings, file, replace=replace)
    print(f"restored into {settings.home}")
