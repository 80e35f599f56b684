"""What the two walls cost: the product's own steps as it takes them, and the same statements with neither wall.

Walled: the application's role, its policies, and the company named to the database in each transaction. Open: the tables'
owner, whom no policy binds, straight away. Pairs in turn, so that both meet the machine's same moods.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from statistics import median
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from masteria.actions import campaigns, leases, sending
from masteria.core.access import Actor
from masteria.core.db import owner_url
from masteria.core.work import Work, work_as
from masteria.enums import Permission
from masteria.queries import inbox
from masteria.run.bench import company, filling
from masteria.run.bench.company import Company
from masteria.run.bench.receiver import tell
from masteria.run.bench.wishes import Walls
from masteria.run.bench.world import opened
from masteria.run.meter import load_now

BATCH = 100  # rows a claim, as a pump at speed takes them
WARM = 10  # pairs that are not counted
Step = Callable[[Work], Any]


def run(wish: Walls) -> dict[str, Any]:
    """Both steps walled and open, and the median of the pairs' ratios; and what asking for one permission takes."""
    with opened("0") as world:
        companies = filling.companies()
        filling.grow(companies, wish.size)
        ours, pairs = companies[0], wish.pairs + WARM
        tell(f"  {wish.size:,} recipients and messages of {len(companies)} companies; {wish.pairs} pairs of each step")
        steps = {
            "list of conversations": _pairs(
                [lambda work: inbox.list_conversations(work)] * 2 * pairs, ours, by_key=False
            ),
            "claim": _pairs(_claims(ours, 2 * pairs), ours, by_key=True),
        }
        return {
            "pairs": wish.pairs,
            "steps": steps,
            "ratios": {name: found["ratio"] for name, found in steps.items()},
            "permission_us": round(_permission(ours.actor), 3),
            "load_before": world.load_before,
            "load_after": load_now(),
            "cores": os.cpu_count() or 1,
        }


def _claims(ours: Company, count: int) -> list[Step]:
    """So many batches to claim, of as many running campaigns as they need."""
    each, steps = filling.PEOPLE // BATCH, []
    for number in range(-(-count // each)):
        with work_as(ours.actor) as work:
            campaign_id = company.campaign(work, ours, f"Walls {number}")
        with work_as(ours.actor) as work:
            campaigns.launch(work, campaign_id)
        with work_as(ours.actor) as work:
            steps += [_claim(campaign_id, leases.take(work, "recipient", campaign_id))] * each
    company.settle("recipient", "campaign", "lease")
    return steps[:count]


def _claim(campaign_id: UUID, owner: UUID) -> Step:
    return lambda work: sending.claim_recipients(work, campaign_id, owner, BATCH)


def _pairs(steps: list[Step], ours: Company, *, by_key: bool) -> dict[str, float]:
    """Two steps a pair, one each way; who goes first changes from pair to pair."""
    times: dict[bool, list[float]] = {True: [], False: []}
    for number, step in enumerate(steps):
        is_walled = (number % 4) in (0, 3)
        began = time.perf_counter()
        with work_as(ours.actor, by_key=by_key) if is_walled else _open(ours.actor, by_key=by_key) as work:
            step(work)
        times[is_walled].append((time.perf_counter() - began) * 1000)
    walled, without = (median(times[way][WARM:]) for way in (True, False))
    pairs = list(zip(times[True][WARM:], times[False][WARM:], strict=True))
    return {
        "walled_ms": round(walled, 3),
        "open_ms": round(without, 3),
        "ratio": round(median(a / b for a, b in pairs), 3),
        "ratio_of_medians": round(walled / without, 3),
        "difference_ms": round(median(a - b for a, b in pairs), 3),
    }


@contextmanager
def _open(actor: Actor, *, by_key: bool) -> Iterator[Work]:
    """A transaction by the tables' owner; the same plans, without being told a company."""
    with Session(_owner(by_key), expire_on_commit=False) as session:
        work = Work(session, actor)
        with session.begin():
            yield work


@cache
def _owner(by_key: bool) -> sa.Engine:
    options = "-c search_path=app,public -c timezone=UTC -c row_security=on"
    options += " -c enable_seqscan=off" if by_key else ""
    return sa.create_engine(
        owner_url(), pool_size=1, pool_pre_ping=True, hide_parameters=True, connect_args={"options": options}
    )


def _permission(actor: Actor) -> float:
    """Microseconds of one check."""
    many, wanted = 100_000, Permission.EDIT_CAMPAIGNS
    with work_as(actor) as work:
        began = time.perf_counter()
        for _ in range(many):
            work.require(wanted)
    return (time.perf_counter() - began) / many * 1e6
