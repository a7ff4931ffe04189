"""A report as one HTML file that needs nothing else: no script, no other file, everything in it escaped."""

import os
from pathlib import Path

from corpus.errors import TutorError
from corpus.writing import write_whole
from service.channels import templating
from service.compare import Comparison
from service.report import Report


def render(report: Report, comparison: Comparison | None = None) -> str:
    """The page; with the changes since an earlier report where there is a ``comparison``."""
    return templating.render("report.html", report=report, comparison=comparison)


def check_writable(path: Path) -> None:
    """Tell a path that cannot be written before minutes are spent on what should go there.

    Raises:
        TutorError: its folder is missing or cannot be written, or it is something else than a file.
    """
    if path.exists() and not path.is_file():
        raise TutorError(f"cannot write the page: {path} is no file; name one")
    if not os.access(path.parent, os.W_OK):
        raise TutorError(f"cannot write the page: {path.parent} is no folder that can be written; name another")


def write(path: Path, page: str) -> None:
    """Write ``page`` whole or not at all, in place of what ``path`` held."""
    try:
        write_whole({path.resolve(): page.encode("utf-8", "backslashreplace")}, replace=True)
    except OSError as error:
        raise TutorError(f"cannot write {path}: {error.strerror}; free some space or name another file") from error
