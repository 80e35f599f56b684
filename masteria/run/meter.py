"""What processes cost, read from /proc: CPU time of each tree, and the resident memory of one over time."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
LOOK_SECONDS = 0.5


class Meter:
    """Watches trees of processes from `start` to `stop`, by the name they were given."""

    def __init__(self) -> None:
        self._roots: dict[str, int] = {}
        self._first: dict[str, float] = {}
        self._last: dict[str, float] = {}
        self._memory: dict[str, list[float]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def watch(self, name: str, pid: int) -> None:
        self._roots[name] = pid

    def start(self) -> None:
        """From here on; what was spent before does not count."""
        self._first = {name: _cpu(pid) for name, pid in self._roots.items()}
        self._memory = {name: [] for name in self._roots}
        self._thread.start()

    def stop(self) -> None:
        """The figures stand still; harmless when repeated."""
        if self._thread.is_alive() and not self._stop.is_set():
            self._last = {name: _cpu(pid) for name, pid in self._roots.items()}
            self._stop.set()
            self._thread.join()

    def cpu(self) -> dict[str, float]:
        """Seconds of CPU of each tree."""
        return {name: round(self._last.get(name, 0.0) - first, 2) for name, first in self._first.items()}

    def memory(self, name: str) -> dict[str, float]:
        """MB of this process after a fifth of the time, at the end, and at most."""
        found = self._memory.get(name) or [0.0]
        return {"at_20_percent": found[len(found) // 5], "at_end": found[-1], "peak": max(found)}

    def _look(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            for name, pid in self._roots.items():
                self._memory[name].append(_resident(pid))


def _cpu(root: int) -> float:
    return sum(_times(pid) for pid in (root, *_children(root)))


def _times(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(fields[n]) for n in (11, 12, 13, 14)) / TICKS  # own and of children that ended


def _children(pid: int) -> Iterable[int]:
    try:
        found = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return
    for child in found:
        yield child
        yield from _children(child)


def _resident(pid: int) -> float:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return round(int(line.split()[1]) / 1024, 1)
    except OSError:
        pass
    return 0.0
