"""The ground truth of crash tests and benchmarks: what was accepted, when, and what came twice."""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left
from collections import defaultdict, deque
from typing import Any

KEPT = 2_000_000
SECONDS_KEPT = 7200
REFUSALS_KEPT = 10_000


class Window:
    """The most events within any span of that many seconds, kept up as they come."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.moments: deque[float] = deque()
        self.most = 0

    def add(self, moment: float) -> None:
        moments = self.moments
        moments.append(moment)
        while moment - moments[0] >= self.seconds:
            moments.popleft()
        if len(moments) > self.most:
            self.most = len(moments)


class Account:
    """One number's accepted messages by their echo."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.accepted = 0

    def stats(self) -> dict[str, int]:
        return {
            "accepted": self.accepted,
            "unique": len(self.counts),
            "duplicates": sum(n - 1 for n in self.counts.values()),
        }


class Ledger:
    """Every accepted message, by number and `biz_opaque_callback_data`; after two million only the sums go on."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = defaultdict(Account)
        self.refused: dict[int, int] = defaultdict(int)
        self.refused_at: deque[float] = deque(maxlen=REFUSALS_KEPT)
        self.second, self.tenth = Window(1.0), Window(0.1)
        self.times = array("d")
        self.entries: list[tuple[str, str]] = []
        self.per_second: dict[int, int] = {}
        self.total = 0
        self.first_at = self.last_at = 0.0

    def accept(self, number_id: str, echo: str) -> None:
        moment, account = time.time(), self.accounts[number_id]
        self.total += 1
        account.accepted += 1
        self.first_at, self.last_at = self.first_at or moment, moment
        self.second.add(moment)
        self.tenth.add(moment)
        whole = int(moment)
        self.per_second[whole] = self.per_second.get(whole, 0) + 1
        if len(self.per_second) > SECONDS_KEPT:
            del self.per_second[next(iter(self.per_second))]
        if len(self.times) < KEPT:
            account.counts[echo] = account.counts.get(echo, 0) + 1
            self.times.append(moment)
            self.entries.append((number_id, echo))

    def refuse(self, code: int) -> None:
        self.refused[code] += 1
        self.refused_at.append(time.time())

    def since(self, moment: float, number_id: str = "") -> dict[str, int]:
        """How often each echo was accepted since then (epoch seconds), of one number or of all."""
        found: dict[str, int] = {}
        for number, echo in self.entries[bisect_left(self.times, moment) :]:
            if number_id in ("", number):
                found[echo] = found.get(echo, 0) + 1
        return found

    def stats(self) -> dict[str, Any]:
        numbers = {number: account.stats() for number, account in self.accounts.items()}
        span = self.last_at - self.first_at
        return {
            "accepted": self.total,
            "unique": sum(n["unique"] for n in numbers.values()),
            "duplicates": sum(n["duplicates"] for n in numbers.values()),
            "refused": {str(code): n for code, n in self.refused.items()},
            "first_at": self.first_at or None,
            "last_at": self.last_at or None,
            "per_second_mean": round((self.total - 1) / span, 2) if span > 0 else None,
            "worst_second": self.second.most,
            "worst_100ms": self.tenth.most,
            "per_second": [[second, n] for second, n in self.per_second.items()],
            "numbers": numbers,
            "not_kept": max(0, self.total - len(self.times)),
        }
