"""Verdicts of the sandbox, each for exactly one program."""

from dataclasses import astuple, dataclass

from sqlalchemy import select

from service.memory.database import Database
from service.memory.tables import VerdictRow


@dataclass(frozen=True, slots=True)
class VerdictKey:
    """A stored verdict holds for exactly this code on this torch, device and Python."""

    code_hash: str
    torch_version: str
    device: str
    python_version: str


class Verdicts:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: VerdictKey) -> str | None:
        """The stored verdict's JSON, or ``None``."""
        with self._database.read() as session:
            row = session.get(VerdictRow, astuple(key))
            return row.verdict if row else None

    def keys(self) -> set[VerdictKey]:
        """The keys of all stored verdicts."""
        columns = (VerdictRow.code_hash, VerdictRow.torch_version, VerdictRow.device, VerdictRow.python_version)
        with self._database.read() as session:
            return {VerdictKey(*row) for row in session.execute(select(*columns))}

    def save(self, key: VerdictKey, verdict_json: str) -> None:
        with self._database.write() as session:
            session.merge(
                VerdictRow(
                    code_hash=key.code_hash,
                    torch_version=key.torch_version,
                    device=key.device,
                    python_version=key.python_version,
                    verdict=verdict_json,
                )
            )
