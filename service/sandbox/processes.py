"""What a process and all below it take, read from /proc."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Usage:
    """``resident`` counts what processes share once for each of them, so it is never too low; in bytes.

    The tables of their pages belong to it: pages that were only read take none, their tables do.
    """

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
    found = [_status(pid) for pid in pids]
    return Usage(len(pids), sum(status.get("Threads", 0) for status in found), sum(map(_resident, found)))


def proportional_bytes(pids: list[int]) -> int:
    """Their memory with every shared page counted once in all; walks their page tables, and waits for them."""
    total = 0
    for pid in pids:
        status = _status(pid)
        try:
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += (int(line.split()[1]) + status.get("VmPTE", 0)) << 10
        except PermissionError:  # this process may not look so closely: then all of it counts
            total += _resident(status)
        except (OSError, ValueError):  # it has ended
            continue
    return total


def sockets(pid: int) -> int:
    """How many there are in the network namespace of a process; what waits in them is no process's memory."""
    with suppress(OSError, ValueError, IndexError):
        lines = Path(f"/proc/{pid}/net/protocols").read_text().splitlines()[1:]
        return sum(int(line.split()[2]) for line in lines)
    return 0


def _resident(status: dict[str, int]) -> int:
    return (status.get("VmRSS", 0) + status.get("VmPTE", 0)) << 10


def _status(pid: int) -> dict[str, int]:
    """The numbers of ``/proc/…/status`` that are needed here, memory in kilobytes; empty where it has ended."""
    found = {}
    with suppress(OSError, ValueError, IndexError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            name, _, value = line.partition(":")
            if name in ("VmRSS", "VmPTE", "Threads"):
                found[name] = int(value.split()[0])
    return found
