"""Several rounds and their medians; with the peer in turn, A B A B, so that both meet the machine's same moods."""

from __future__ import annotations

from dataclasses import replace
from statistics import median
from typing import Any

from masteria.run.bench.play import Wish, play
from masteria.run.bench.receiver import tell
from masteria.run.bench.wishes import Dispatch

PEER = "bullmq"


def repeated(wish: Wish, rounds: int) -> dict[str, Any]:
    """The median of each figure; what each round found is kept beside it."""
    found = []
    for number in range(rounds):
        if rounds > 1:
            tell(f"  round {number + 1} of {rounds}")
        found.append(play(wish))
    return merged(found)


def compared(wish: Dispatch, rounds: int) -> dict[str, Any]:
    """Ours and the peer's in turn, and ours ÷ the peer's."""
    sides: dict[str, list[dict[str, Any]]] = {"masteria": [], PEER: []}
    for number in range(rounds):
        for side, found in sides.items():
            tell(f"  round {number + 1} of {rounds}: {side}")
            found.append(play(replace(wish, side=side)))
    ours, theirs = (merged(found) for found in sides.values())
    return {"masteria": ours, PEER: theirs, "ratios": ratios(ours, theirs)}


def ratios(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, float | None]:
    pairs = {
        "done_per_second": (ours["done_per_second"], theirs["done_per_second"]),
        "whole_cpu": (ours["whole_cpu_seconds_per_10k"], theirs["whole_cpu_seconds_per_10k"]),
        "worker_memory": (ours["worker_rss_mb"]["peak"], theirs["worker_rss_mb"]["peak"]),
    }
    return {name: round(a / b, 3) if b else None for name, (a, b) in pairs.items()}


def merged(found: list[dict[str, Any]]) -> dict[str, Any]:
    """One report out of several: medians of the numbers, the worst of what must not happen at all."""
    if len(found) == 1:
        return found[0]
    return {**_median(found), "rounds": found}


def _median(found: list[Any], name: str = "") -> Any:
    first = found[0]
    if isinstance(first, dict):
        return {key: _median([one.get(key) for one in found], key) for key in first}
    numbers = [value for value in found if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) != len(found):
        return first
    return max(numbers) if name in ("duplicates", "lost", "twice") else median(numbers)
