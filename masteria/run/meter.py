"""What processes cost, read from /proc: CPU time of each tree, resident memory over time, and what strangers took."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
LOOK_SECONDS = 0.25
SETTLED = 0.2  # of the run: from there on memory should be flat


class Meter:
    """Watches trees of processes from `start` to `stop`, by the name they were given; one name may have several."""

    def __init__(self) -> None:
        self._pids: dict[str, list[int]] = {}
        self._first: dict[int, float] = {}
        self._seen: dict[int, float] = {}
        self._memory: dict[int, list[tuple[float, float]]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look_often, daemon=True)
        self._machine = (0.0, 0.0)
        self._own = 0.0
        self.strangers = 0.0

    def watch(self, name: str, pid: int) -> None:
        """Also after `start`: then all that it spends counts."""
        self._pids.setdefault(name, []).append(pid)
        self._memory[pid] = []

    def start(self) -> None:
        """From here on; what was spent before does not count."""
        self._first = {pid: _cpu(pid) for pid in self._memory}
        self._seen = dict(self._first)
        self._machine, self._own = machine(), _times(os.getpid(), with_children=False)
        self._thread.start()

    def stop(self) -> None:
        """The figures stand still; harmless when repeated."""
        if self._thread.is_alive() and not self._stop.is_set():
            self._stop.set()
            self._thread.join()
            self._look()
            self.strangers = self._of_strangers()

    def cpu(self) -> dict[str, float]:
        """Seconds of CPU of each tree."""
        return {name: round(sum(self._spent(pid) for pid in pids), 2) for name, pids in self._pids.items()}

    def memory(self, name: str, messages: int) -> dict[str, float]:
        """MB of the largest process of this name: at most, at the end, and how it grows per 100,000 messages."""
        found = [self._memory[pid] for pid in self._pids.get(name, []) if self._memory[pid]]
        if not found:
            return {"peak": 0.0, "at_end": 0.0, "slope_per_100k": 0.0}
        looks = max(found, key=lambda looks: max(mb for _, mb in looks))
        span = looks[-1][0] - looks[0][0]
        slope = slope_of([look for look in looks if look[0] - looks[0][0] >= SETTLED * span])
        by_messages = slope * span / messages * 100_000 if messages else 0.0
        peak = max(mb for _, mb in looks)
        return {"peak": peak, "at_end": looks[-1][1], "slope_per_100k": round(by_messages, 2)}

    def _spent(self, pid: int) -> float:
        return self._seen.get(pid, 0.0) - self._first.get(pid, 0.0)

    def _look_often(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            self._look()

    def _look(self) -> None:
        for pid, looks in list(self._memory.items()):
            self._seen[pid] = max(self._seen.get(pid, 0.0), _cpu(pid))  # a process that ended keeps what it had
            resident = _resident(pid)
            if resident:
                looks.append((time.monotonic(), resident))

    def _of_strangers(self) -> float:
        """The share of this machine's CPU that went to none of ours."""
        busy, total = (after - before for after, before in zip(machine(), self._machine, strict=True))
        ours = sum(map(self._spent, self._memory)) + _times(os.getpid(), with_children=False) - self._own
        return round(max(0.0, busy - ours) / total, 3) if total else 0.0


def machine() -> tuple[float, float]:
    """Seconds of CPU that all of this machine has spent so far, and could have."""
    fields = [int(word) / TICKS for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return sum(fields) - fields[3] - fields[4], sum(fields)


def load_now(seconds: float = 1.0) -> float:
    """The share of the machine that is busy at this moment."""
    before = machine()
    time.sleep(seconds)
    busy, total = (b - a for a, b in zip(before, machine(), strict=True))
    return round(busy / total, 3) if total else 0.0


def slope_of(points: list[tuple[float, float]]) -> float:
    """Of the straight line nearest to the points (least squares)."""
    if len(points) < 2:
        return 0.0
    middle_x = sum(x for x, _ in points) / len(points)
    middle_y = sum(y for _, y in points) / len(points)
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / spread if spread else 0.0


def _cpu(root: int) -> float:
    return sum(_times(pid) for pid in (root, *_children(root)))


def _times(pid: int, *, with_children: bool = True) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(fields[n]) for n in range(11, 15 if with_children else 13)) / TICKS  # own; of children that ended


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
