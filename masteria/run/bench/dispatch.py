"""One campaign through real workers, from its launch to its last outcome in the database."""

from __future__ import annotations

import os
import time
from typing import Any
from uuid import UUID

from masteria.actions import campaigns
from masteria.core.access import Actor
from masteria.core.work import work_as
from masteria.enums import CampaignState
from masteria.queries.campaigns import campaign as campaign_row
from masteria.run.bench import company
from masteria.run.bench.breakage import Breakage, reckoning, report
from masteria.run.bench.wishes import Dispatch
from masteria.run.bench.world import World, opened

LONGEST_SECONDS = 600  # beyond what the rate asks for
PAUSE_SECONDS = 3


def run(wish: Dispatch) -> dict[str, Any]:
    """Send it and tell what the receiver counted, what the database says, and what it cost."""
    with opened(wish.latency) as world:
        ours = company.founded(wish.rate)
        company.people(ours, wish.recipients)
        company.make_known(world.receiver)
        world.workers(wish.workers)
        if wish.breaks or wish.workers > 1:
            world.lastingly("scheduler", "workers.schedule")  # it rings for a second worker, and after a fall
        with work_as(ours.actor) as work:
            campaign_id = company.campaign(work, ours)
        world.meter.start()
        with work_as(ours.actor) as work:
            campaigns.launch(work, campaign_id)
        paused = _pause(ours.actor, campaign_id, wish, world) if wish.pause else None
        broken = Breakage(world, wish, ours.actor, campaign_id) if wish.breaks else None
        if broken:
            broken.strike(lambda: _is_over(ours.actor, campaign_id))
        world.until(lambda: _is_over(ours.actor, campaign_id), longest(wish))
        world.meter.stop()
        found = _found(ours.actor, campaign_id, wish, world)
        found["pause_to_last_send_ms"] = paused
        if broken:
            found |= report(broken, wish, reckoning(ours.actor, campaign_id, world.receiver))
        return found


def figures(wish: Dispatch, world: World, last_recorded: float) -> dict[str, Any]:
    """What both sides are measured by; `last_recorded` is when the last outcome was written (epoch seconds)."""
    truth, cpu, many = world.receiver.ask("stats"), world.meter.cpu(), wish.recipients
    rate, whole = truth["per_second_mean"] or 0.0, sum(cpu.get(name, 0.0) for name in ("worker", "redis", "postgres"))
    return {
        "side": wish.side,
        "recipients": many,
        "rate_limit": wish.rate or None,
        "latency_ms": wish.latency,
        "workers": wish.workers,
        "receiver": world.receiver.kind,
        "seconds": round(truth["last_at"] - truth["first_at"], 2),
        "done_per_second": round(many / max(last_recorded - truth["first_at"], 1e-6), 1),
        "achieved_per_second": rate,
        "achieved_share": round(rate / wish.rate, 4) if wish.rate and not wish.pause and not wish.breaks else None,
        "worst_second": truth["worst_second"],
        "worst_100ms": truth["worst_100ms"],
        "accepted": truth["accepted"],
        "duplicates": truth["duplicates"],
        "lost": many - truth["unique"],
        "cpu_seconds": cpu,
        "cpu_seconds_per_10k": {name: round(spent / many * 10_000, 2) for name, spent in cpu.items()},
        "whole_cpu_seconds_per_10k": round(whole / many * 10_000, 2),
        "worker_rss_mb": world.meter.memory("worker", many),
        "load_before": world.load_before,
        "strangers": world.meter.strangers,
        "cores": os.cpu_count() or 1,
    }


def longest(wish: Dispatch) -> float:
    """Seconds after which something is broken."""
    return LONGEST_SECONDS + 2 * wish.recipients / (wish.rate or 1000)


def _found(actor: Actor, campaign_id: UUID, wish: Dispatch, world: World) -> dict[str, Any]:
    with work_as(actor) as work:
        counts = campaign_row(work, campaign_id).counts.model_dump()
        last = work.execute(_LAST, {"id": campaign_id}).scalar_one()
    states = {name: count for name, count in counts.items() if count and name != "total"}
    return figures(wish, world, float(last or 0)) | {"states": states}


def _pause(actor: Actor, campaign_id: UUID, wish: Dispatch, world: World) -> float:
    """Milliseconds from the committed pause to the last message that left."""
    world.until(lambda: world.receiver.ask("stats")["accepted"] >= wish.recipients // 2, longest(wish))
    with work_as(actor) as work:
        campaigns.pause(work, campaign_id)
    paused_at = time.time()
    time.sleep(PAUSE_SECONDS)
    last = world.receiver.ask("stats")["last_at"]
    with work_as(actor) as work:
        campaigns.resume(work, campaign_id)
    return round((last - paused_at) * 1000, 1)


def _is_over(actor: Actor, campaign_id: UUID) -> bool:
    return company.state_of(actor, campaign_id) == CampaignState.COMPLETED


_LAST = "select extract(epoch from max(sent_at)) from recipient where campaign_id = :id"
