"""The terminal, continued: ``torchtutor keys create | list | revoke``."""

import sys
from typing import Annotated

import typer
from rich.table import Table

from service.channels import console
from service.memory import Memory

app = typer.Typer(help="The keys that let others in.", no_args_is_help=True)


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Whose key it is.")],
    scope: Annotated[
        list[str] | None, typer.Option(help="What it allows: ask, run, admin; again for several.  [default: ask, run]")
    ] = None,
) -> None:
    """Make a key and print it, once: only its hash is stored."""
    memory = Memory(console.settings().database)
    key, secret = memory.keys.create(name, scope or ["ask", "run"])
    print(f"key {key.id} for {key.name}: keep it, it is not shown again", file=sys.stderr)
    print(secret)


@app.command("list")
def list_() -> None:
    """Show all keys, without their secrets."""
    table = Table("id", "name", "scopes", "made", "revoked", box=None)
    for key in Memory(console.settings().database).keys.list():
        revoked = key.revoked_at.strftime("%Y-%m-%d %H:%M") if key.revoked_at else ""
        table.add_row(key.id, key.name, " ".join(sorted(key.scopes)), f"{key.created_at:%Y-%m-%d %H:%M}", revoked)
    console.out.print(table, markup=False)


@app.command("revoke")
def revoke(key_id: Annotated[str, typer.Argument(help="The id that 'keys list' shows.")]) -> None:
    """Let nobody in with a key any more, at once; browsers that signed in with it are signed out."""
    Memory(console.settings().database).keys.revoke(key_id)
    print(f"revoked {key_id}")
