"""A program in the learner's editor: ``$VISUAL``, ``$EDITOR``, or what the machine has."""

import signal

import click

from corpus.errors import TutorError


class CannotEdit(TutorError):
    """The editor could not be started, or failed."""


def edited(code: str) -> str | None:
    """``code`` as it is once the editor was closed; ``None`` where it was not changed.

    Raises:
        CannotEdit: there is no editor, or it failed.
    """
    before = signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is the editor's own
    try:
        changed = click.edit(code, extension=".py", require_save=False)
    except click.ClickException as error:
        raise CannotEdit(f"{error.message}; name your editor in EDITOR") from error
    finally:
        signal.signal(signal.SIGINT, before)
    return None if changed is None or changed.strip() == code.strip() else changed
