"""`masteria bench …`: its options, and which benchmark they ask for."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any

from masteria.kit.errors import Invalid
from masteria.run.bench import report, rounds, table
from masteria.run.bench.play import Wish
from masteria.run.bench.receiver import ceiling, tell
from masteria.run.bench.wishes import Dispatch, Growth, Walls, Webhooks

Command = Callable[..., argparse.ArgumentParser]


def add(group: Any, command: Command) -> None:
    """The benchmarks as subcommands."""
    _dispatch(command(group, "dispatch", _run_dispatch, *_DISPATCH))
    _webhooks(command(group, "webhooks", _run_webhooks, *_WEBHOOKS))
    _growth(command(group, "growth", _run_growth, *_GROWTH))
    _walls(command(group, "walls", _run_walls, *_WALLS))


_DISPATCH = ("one campaign, by the receiver's own count", "masteria bench dispatch --recipients 5000 --rate 80 --json")
_WEBHOOKS = ("statuses from the door to the row", "masteria bench webhooks --rate 3000 --json")
_GROWTH = ("what the same steps cost as the tables grow", "masteria bench growth --json")
_WALLS = ("what keeping companies apart costs, beside the same steps without", "masteria bench walls --json")


def _dispatch(found: argparse.ArgumentParser) -> None:
    found.add_argument("--recipients", type=_many, default=5000)
    found.add_argument("--rate", type=_many, default=80, help="messages a second (default %(default)s)")
    found.add_argument("--unlimited", action="store_true", help="no rate at all")
    found.add_argument("--latency", type=_latency, default="50-150", metavar="MS", help="of the answers (%(default)s)")
    found.add_argument("--pause", action="store_true", help="pause half-way and measure when the last message leaves")
    found.add_argument("--memory", type=_many, metavar="PEOPLE", help="as many recipients, unlimited: is memory flat?")
    found.add_argument("--workers", type=_many, default=1, help="processes that send for the one number")
    found.add_argument("--kills", type=_none_or_many, default=0, help="SIGKILLs of a worker at random moments")
    found.add_argument(
        "--database-restarts", type=_none_or_many, default=0, help="PostgreSQL ended at once and restarted"
    )
    found.add_argument("--flush", action="store_true", help="empty Redis at a random moment")
    found.add_argument("--peer", action="store_true", help="the same with BullMQ in Node, in turn, and the ratios")
    found.add_argument("--peer-concurrency", type=_many, help="jobs at once of the peer (default its best)")
    found.add_argument("--rounds", type=_many, help="medians of so many (1; 3 with --peer or --table)")
    found.add_argument("--table", action="store_true", help="every row of docs/benchmarks.md; about 40 minutes")
    found.add_argument("--rows", help="only these rows of the table, by their names, separated by commas")
    found.add_argument("--json", action="store_true")


def _webhooks(found: argparse.ArgumentParser) -> None:
    found.add_argument("--rate", type=_many, default=3000, help="statuses a second that are offered (%(default)s)")
    found.add_argument("--statuses", type=_many, default=60_000, help="how many in all (%(default)s)")
    found.add_argument("--batch", type=_many, default=20, help="statuses in each body that has several (%(default)s)")
    found.add_argument("--doors", action="store_true", help="the webhook doors without the screens around them")
    found.add_argument("--rounds", type=_many)
    found.add_argument("--json", action="store_true")


def _growth(found: argparse.ArgumentParser) -> None:
    default = "10000,1000000,10000000"
    found.add_argument(
        "--sizes", type=_sizes, default=_sizes(default), help=f"rows, growing ({default}: 25 GB of disk)"
    )
    found.add_argument("--rounds", type=_many, default=15, help="of each step at each size (%(default)s)")
    found.add_argument("--json", action="store_true")


def _walls(found: argparse.ArgumentParser) -> None:
    found.add_argument("--pairs", type=_many, default=60, help="of each step, after ten to warm up (%(default)s)")
    found.add_argument("--size", type=_many, default=100_000, help="recipients, and messages (%(default)s)")
    found.add_argument("--json", action="store_true")


def _run_dispatch(wanted: argparse.Namespace) -> int:
    if wanted.table or wanted.rows:
        return table.run(wanted.rounds or 3, wanted.rows, as_json=wanted.json)
    wish = Dispatch(
        recipients=wanted.memory or wanted.recipients,
        rate=0 if wanted.unlimited or wanted.memory else wanted.rate,
        latency=wanted.latency,
        pause=wanted.pause,
        workers=wanted.workers,
        kills=wanted.kills,
        database_restarts=wanted.database_restarts,
        flushes=int(wanted.flush),
        concurrency=wanted.peer_concurrency or 0,
    )
    if wanted.peer and (wish.pause or wish.breaks):
        raise Invalid(
            "peer", "The peer runs undisturbed only: leave out --pause, --kills, --database-restarts, --flush."
        )
    many = wanted.rounds or (3 if wanted.peer else 1)
    limit = ceiling()
    tell(
        f"The receiver's ceiling: {limit:,.0f} requests a second." if limit else "The receiver's ceiling is not known."
    )
    found = rounds.compared(wish, many) if wanted.peer else rounds.repeated(wish, many)
    return _show({"receiver_ceiling_per_second": limit, **found}, as_json=wanted.json)


def _run_webhooks(wanted: argparse.Namespace) -> int:
    wish = Webhooks(statuses=wanted.statuses, rate=wanted.rate, batch=wanted.batch, doors=wanted.doors)
    return _repeat(wish, wanted.rounds or 1, as_json=wanted.json)


def _run_growth(wanted: argparse.Namespace) -> int:
    return _repeat(Growth(sizes=wanted.sizes, rounds=wanted.rounds), 1, as_json=wanted.json)


def _run_walls(wanted: argparse.Namespace) -> int:
    return _repeat(Walls(pairs=wanted.pairs, size=wanted.size), 1, as_json=wanted.json)


def _repeat(wish: Wish, many: int, *, as_json: bool) -> int:
    return _show(rounds.repeated(wish, many), as_json=as_json)


def _show(found: dict[str, Any], *, as_json: bool) -> int:
    print(json.dumps(found) if as_json else "\n".join(report.lines(found)), flush=True)  # noqa: T201
    return 0


def _many(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a number from 1, not {text!r}")
    return int(text)


def _none_or_many(text: str) -> int:
    return 0 if text == "0" else _many(text)


def _latency(text: str) -> str:
    low, _, high = text.partition("-")
    if not low.isdigit() or not (high or low).isdigit() or int(low) > int(high or low):
        raise argparse.ArgumentTypeError(f"{text!r} is not like 50-150")
    return text


def _sizes(text: str) -> tuple[int, ...]:
    sizes = tuple(_many(part) for part in text.split(","))
    if list(sizes) != sorted(set(sizes)):
        raise argparse.ArgumentTypeError("sizes must grow from one to the next")
    return sizes
