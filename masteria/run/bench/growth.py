"""What the same steps cost as the tables grow: the product's own functions, on a campaign of constant size."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from statistics import median
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from masteria.actions import campaigns, leases, sending
from masteria.actions.sending import Claimed, Recorded
from masteria.core.access import Actor
from masteria.core.db import APP, engine, owner_engine
from masteria.core.work import Work, work_as
from masteria.enums import SendState
from masteria.queries import campaigns as campaign_queries
from masteria.queries import inbox
from masteria.run.bench import company, filling
from masteria.run.bench.company import Company
from masteria.run.bench.receiver import tell
from masteria.run.bench.wishes import Growth
from masteria.run.bench.world import World, opened

BATCH = 100  # rows a claim, as a pump at speed takes them
Step = Callable[[Work], Any]


def run(wish: Growth) -> dict[str, Any]:
    """The steps at each size, and the largest's medians ÷ the smallest's."""
    with opened("0") as world:
        companies = filling.companies()
        steps: dict[str, dict[str, Any]] = {}
        for size in wish.sizes:
            began = time.monotonic()
            filling.grow(companies, size)
            tell(f"  {size:,} recipients and messages after {time.monotonic() - began:.0f} s")
            steps[str(size)] = _measured(world, companies[0], wish.rounds)
        first, last = steps[str(wish.sizes[0])], steps[str(wish.sizes[-1])]
        return {
            "smallest": wish.sizes[0],
            "largest": wish.sizes[-1],
            "steps": steps,
            "ratios": {name: round(last[name]["ms"] / max(first[name]["ms"], 1e-3), 2) for name in first},
            "buffer_ratios": {name: round(last[name]["buffers"] / max(first[name]["buffers"], 1), 2) for name in first},
            "load_before": world.load_before,
            "cores": os.cpu_count() or 1,
        }


def _measured(world: World, ours: Company, rounds: int) -> dict[str, dict[str, float]]:
    """A fresh campaign of the same people; its batches are claimed, marked and recorded, then pages are read."""
    with work_as(ours.actor) as work:
        campaign_id = company.campaign(work, ours, "Measured")
    with work_as(ours.actor) as work:
        campaigns.launch(work, campaign_id)
    found = _batches(ours.actor, campaign_id, rounds)
    with work_as(ours.actor) as work:
        conversation_id = inbox.list_conversations(work).rows[0].id
    for name, step in _pages(campaign_id, conversation_id).items():
        found[name] = _timed(ours.actor, [step] * rounds)[0]
    with work_as(ours.actor) as work:
        campaigns.cancel(work, campaign_id)
    return found


def _batches(actor: Actor, campaign_id: UUID, rounds: int) -> dict[str, dict[str, float]]:
    with work_as(actor) as work:
        owner = leases.take(work, "recipient", campaign_id)
    found: dict[str, dict[str, float]] = {}
    claim: Step = lambda work: sending.claim_recipients(work, campaign_id, owner, BATCH)  # noqa: E731
    found["claim"], batches = _timed(actor, [claim] * rounds)
    found["mark"], _ = _timed(actor, [_marking(campaign_id, claims) for claims in batches])
    found["record"], _ = _timed(actor, [_recording(claims) for claims in batches])
    return found


def _marking(campaign_id: UUID, claims: list[Claimed]) -> Step:
    return lambda work: sending.mark_recipients(work, campaign_id, claims)


def _recording(claims: list[Claimed]) -> Step:
    results = [Recorded(c.id, c.attempt_id, SendState.SENT, f"wamid.{c.attempt_id.hex}") for c in claims]
    return lambda work: sending.record(work, "recipient", results)


def _pages(campaign_id: UUID, conversation_id: UUID) -> dict[str, Step]:
    return {
        "campaign page": lambda work: campaign_queries.campaign(work, campaign_id),
        "list of campaigns": lambda work: campaign_queries.list_campaigns(work),
        "recipients of a campaign": lambda work: campaign_queries.recipients(work, campaign_id),
        "list of conversations": lambda work: inbox.list_conversations(work),
        "conversation": lambda work: inbox.thread(work, conversation_id),
    }


def _timed(actor: Actor, steps: list[Step]) -> tuple[dict[str, float], list[Any]]:
    """Median and 95th percentile in milliseconds, each with its transaction; pages touched on the average."""
    engine(APP).dispose()
    before, times, results = _buffers(), [], []
    with work_as(actor) as work:
        work.execute("select 1")  # the connection is not what is measured
    for step in steps:
        began = time.perf_counter()
        with work_as(actor, by_key=True) as work:
            results.append(step(work))
        times.append((time.perf_counter() - began) * 1000)
    engine(APP).dispose()  # a backend tells its counts when it ends
    touched = (_buffers() - before) / len(steps)
    place = min(len(times) - 1, len(times) * 95 // 100)
    return {"ms": round(median(times), 2), "p95_ms": round(sorted(times)[place], 2), "buffers": round(touched)}, results


def _buffers() -> int:
    time.sleep(0.3)  # until the backends of a disposed pool are gone
    with owner_engine().connect() as connection:
        query = "select blks_hit + blks_read from pg_stat_database where datname = current_database()"
        return int(connection.scalar(sa.text(query)) or 0)
