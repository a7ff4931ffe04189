"""Commands that are imported when they are used, so that none waits for what only the others need."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar

from typer.core import TyperGroup
from typer.main import get_group


class LazyGroup(TyperGroup):
    """A group of commands, each found in the ``app`` of a module; ``modules`` names them in the order of the help.

    The ``app`` either registers the command, or is the command itself with commands of its own.
    """

    modules: ClassVar[Mapping[str, str]] = {}

    def list_commands(self, ctx: Any) -> list[str]:
        return [*self.modules, *(name for name in self.commands if name not in self.modules)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in self.modules:
            self._load(cmd_name)
        elif cmd_name not in self.commands:
            for name in self.modules:  # whoever mistyped is told the nearest
                self._load(name)
        return self.commands.get(cmd_name)

    def _load(self, name: str) -> None:
        if name not in self.commands:
            group = get_group(import_module(self.modules[name]).app)
            command = group.commands.get(name, group)
            command.name = name
            self.commands[name] = command
