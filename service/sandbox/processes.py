"""What a process and all below it take, read from /proc."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Usage:
    """``resident`` counts what processes share once for each of them, so it is never too low; in bytes."""

    processes: int
    threads: int
    resident: int


def descendants(pid: int) -> Iterator[int]:
    """Every process below ``pid``, parents first; those that come and go meanwhile may be missed."""
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (thread / "children").read_text().split()):
                yield child
                yield from descendants(child)


def usage(pids: list[int]) -> Usage:
    """What these processes take together."""
    threads = resident = 0
    for pid in pids:
        with suppress(OSError, ValueError, IndexError):
            stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            threads += int(stat[17])
            resident += int(stat[21]) * _PAGE
    return Usage(len(pids), threads, resident)


def proportional_bytes(pids: list[int]) -> int:
    """Their memory with every shared page counted once in all; walks their page tables, so it costs milliseconds."""
    total = 0
    for pid in pids:
        with suppress(OSError, ValueError, IndexError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) << 10
    return total
