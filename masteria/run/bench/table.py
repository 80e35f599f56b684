"""Every promised figure: what is run for it, what was measured, whether it holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from masteria.kit.errors import Invalid
from masteria.run.bench import rounds
from masteria.run.bench.receiver import ceiling, tell
from masteria.run.bench.rounds import PEER
from masteria.run.bench.wishes import Dispatch, Growth, Webhooks


@dataclass(frozen=True)
class Row:
    """One promise. `measured` is for reading; the JSON has the figures behind it too."""

    name: str
    target: str
    measured: str
    holds: bool


Found = dict[str, Any]
Verdict = Callable[[Found], list[Row]]


def run(many: int, only: str | None, *, as_json: bool) -> int:
    """All groups of rows, or the named ones; 0 when every row holds."""
    wanted = only.split(",") if only else list(GROUPS)
    for name in wanted:
        if name not in GROUPS:
            raise Invalid("rows", f"There is no {name}; the rows are: {', '.join(GROUPS)}.")
    limit = ceiling()
    tell(
        f"The receiver's ceiling: {limit:,.0f} requests a second." if limit else "The receiver's ceiling is not known."
    )
    rows, behind = [], {}
    for name in wanted:
        tell(f"{name}…")
        measure, verdict = GROUPS[name]
        behind[name] = measure(many)
        for row in verdict(behind[name]):
            rows.append(row)
            tell(_line(row))
    if as_json:
        figures = {"receiver_ceiling_per_second": limit, "rows": [asdict(row) for row in rows], "behind": behind}
        print(json.dumps(figures), flush=True)  # noqa: T201
    else:
        print("\n".join([_line(Row("row", "target", "measured", True), "holds"), *map(_line, rows)]))  # noqa: T201
    return 0 if all(row.holds for row in rows) else 1


def _line(row: Row, holds: str = "") -> str:
    return f"{row.name:44} {row.target:26} {row.measured:40} {holds or ('yes' if row.holds else 'NO')}"


def _unlimited(found: Found) -> list[Row]:
    ours, theirs, ratio = found["masteria"], found[PEER], found["ratios"]
    rates = f"{ours['done_per_second']:.0f}/s ÷ {theirs['done_per_second']:.0f}/s"
    costs = f"{ours['whole_cpu_seconds_per_10k']:.2f} s ÷ {theirs['whole_cpu_seconds_per_10k']:.2f} s"
    sizes = f"{ours['worker_rss_mb']['peak']:.0f} MB ÷ {theirs['worker_rss_mb']['peak']:.0f} MB"
    return [
        _at_least("unlimited: done messages/s ÷ peer", ratio["done_per_second"], 2.5, rates),
        _at_most("unlimited: CPU per 10,000 ÷ peer", ratio["whole_cpu"], 0.25, costs),
        _at_most("unlimited: worker's memory ÷ peer", ratio["worker_memory"], 0.45, sizes),
        _none("unlimited: lost, twice", ours),
    ]


def _memory(found: Found) -> list[Row]:
    slope = found["worker_rss_mb"]["slope_per_100k"]
    people = f"{found['recipients']:,} recipients"
    return [
        _at_most(f"memory over {people}: MB per 100,000", slope, FLAT_MB, f"peak {found['worker_rss_mb']['peak']} MB")
    ]


def _paced(words: str, least: float, second: int, tenth: int | None) -> Verdict:
    def verdict(found: Found) -> list[Row]:
        rows = [
            _at_least(f"{words}: achieved", found["achieved_share"], least, f"{found['achieved_per_second']}/s"),
            _at_most(f"{words}: worst second", found["worst_second"], second),
            _none(f"{words}: lost, twice", found),
        ]
        if tenth:
            rows.insert(2, _at_most(f"{words}: worst 100 ms", found["worst_100ms"], tenth))
        return rows

    return verdict


def _paused(words: str) -> Verdict:
    return lambda found: [_at_most(f"{words}: pause to last message, ms", found["pause_to_last_send_ms"], 500)]


def _killed(found: Found) -> list[Row]:
    fell = f"{found['kills']} kills, {found['database_restarts']} restarts, {found['flushes']} flush"
    slot = found["one_slot"]
    return [
        Row(
            "falls: lost; twice",
            "0; 0",
            f"{found['lost']}; {found['twice']} ({fell})",
            not found["lost"] + found["twice"],
        ),
        _at_most("falls: in doubt per kill, worst", found["in_doubt_worst_kill"], slot, f"{found['in_doubt']} in all"),
    ]


def _webhooks(found: Found) -> list[Row]:
    return [
        _at_least("webhooks: statuses stored/s", found["stored_per_second"], 3000 * 0.98),
        _at_most("webhooks: ack p99, ms", found["ack_ms"]["p99"], 50),
        _at_most("webhooks: webhook to stored p95, ms", found["stored_ms"]["p95"], 2000),
        Row("webhooks: wrong or missing", "0", str(found["missing"]), not found["missing"]),
    ]


def _growth(found: Found) -> list[Row]:
    return [
        _at_most(f"growth: {name}", ratio, 1.5, f"{found['largest']:,} ÷ {found['smallest']:,} rows")
        for name, ratio in found["ratios"].items()
    ]


def _at_least(name: str, value: float, target: float, more: str = "") -> Row:
    return Row(name, f"≥ {target:g}", _told(value, more), value >= target)


def _at_most(name: str, value: float, target: float, more: str = "") -> Row:
    return Row(name, f"≤ {target:g}", _told(value, more), value <= target)


def _told(value: float, more: str) -> str:
    return f"{value:g}" + (f" ({more})" if more else "")


def _none(name: str, found: Found) -> Row:
    lost, twice = found["lost"], found["duplicates"]
    return Row(name, "0; 0", f"{lost}; {twice}", not lost + twice)


FLAT_MB = 0.5  # of noise in the straight line: 5 MB over a million are no growth with the campaign
_THOUSAND, _EIGHTY = Dispatch(recipients=20_000, rate=1000), Dispatch(recipients=2_400, rate=80)
_FALLS = Dispatch(recipients=5000, rate=100, kills=20, database_restarts=5, flushes=1)
_TWO = {"workers": 2}


def _of(wish: Dispatch | Webhooks, **more: Any) -> Callable[[int], Found]:
    return lambda many: rounds.repeated(type(wish)(**{**asdict(wish), **more}), many)


GROUPS: dict[str, tuple[Callable[[int], Found], Verdict]] = {
    "unlimited": (lambda many: rounds.compared(Dispatch(recipients=30_000, rate=0), many), _unlimited),
    "memory": (lambda _: rounds.repeated(Dispatch(recipients=1_000_000, rate=0), 1), _memory),
    "thousand": (_of(_THOUSAND), _paced("1,000/s", 0.98, 1020, 115)),
    "eighty": (_of(_EIGHTY), _paced("80/s", 0.99, 84, None)),
    "two-thousand": (_of(_THOUSAND, **_TWO), _paced("1,000/s, two workers", 0.98, 1020, 115)),
    "two-eighty": (_of(_EIGHTY, **_TWO), _paced("80/s, two workers", 0.99, 84, None)),
    "falls": (lambda _: rounds.repeated(_FALLS, 1), _killed),
    "pause-eighty": (_of(_EIGHTY, recipients=800, pause=True), _paused("80/s")),
    "pause-thousand": (_of(_THOUSAND, recipients=8000, pause=True), _paused("1,000/s")),
    "webhooks": (_of(Webhooks()), _webhooks),
    "growth": (lambda _: rounds.repeated(Growth(), 1), _growth),
}
