"""Verdicts of the sandbox, each for exactly one program."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass

from sqlalchemy import select

from service.memory.database import Database
from service.memory.tables import VerdictRow

AT_ONCE = 500
"""How many programs one query asks for."""


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

    def find(self, keys: Iterable[VerdictKey]) -> dict[VerdictKey, str]:
        """The stored verdicts' JSON, of those of ``keys`` that have one."""
        wanted = set(keys)
        hashes = sorted({key.code_hash for key in wanted})
        found: dict[VerdictKey, str] = {}
        with self._database.read() as session:
            for start in range(0, len(hashes), AT_ONCE):
                some = select(VerdictRow).where(VerdictRow.code_hash.in_(hashes[start : start + AT_ONCE]))
                for row in session.scalars(some):
                    found[VerdictKey(row.code_hash, row.torch_version, row.device, row.python_version)] = row.verdict
        return {key: verdict for key, verdict in found.items() if key in wanted}

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
