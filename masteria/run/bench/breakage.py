"""Everything that may fall, falling at random moments while a campaign is sent; and what had become of each message."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from masteria.core.access import Actor
from masteria.core.work import work_as
from masteria.queries.campaigns import campaign
from masteria.run.bench.receiver import Receiver
from masteria.run.bench.wishes import Dispatch
from masteria.run.bench.world import World, restart_postgres

GAPS = (0.4, 3.0)  # seconds from one thing to the next: while a worker starts, while it sends
HORIZON = 0.1  # a slot is what leaves in this time


class Breakage:
    """`strike` does one thing after the other until all is done or `over`; kills are counted by what they left in doubt."""

    def __init__(self, world: World, wish: Dispatch, actor: Actor, campaign_id: UUID) -> None:
        self.world, self.actor, self.campaign_id = world, actor, campaign_id
        self.left = ["kill"] * wish.kills + ["database"] * wish.database_restarts + ["flush"] * wish.flushes
        self.chance = random.Random()
        self.chance.shuffle(self.left)
        self.done: dict[str, int] = {"kill": 0, "database": 0, "flush": 0}
        self.doubts: list[int] = []  # by each kill

    def strike(self, over: Callable[[], bool]) -> None:
        before, last = self._in_doubt(), ""
        while self.left:
            time.sleep(self.chance.uniform(*GAPS))
            self.world.mend()
            after = self._in_doubt()
            if last == "kill":
                self.doubts.append(after - before)
            if over():
                return
            before, last = after, self.left.pop()
            getattr(self, f"_{last}")()
            self.done[last] += 1

    def _kill(self) -> None:
        process = self.world.child("worker-1").process
        assert process is not None
        process.kill()
        process.wait()
        self.world.mend()

    def _database(self) -> None:
        restart_postgres(self.world)

    def _flush(self) -> None:
        self.world.bells().flushall()

    def _in_doubt(self) -> int:
        with work_as(self.actor) as work:
            return campaign(work, self.campaign_id).counts.in_doubt


def reckoning(actor: Actor, campaign_id: UUID, receiver: Receiver) -> dict[str, int]:
    """The ledger against the receiver's own count, person by person."""
    accepted: dict[str, int] = receiver.ask("accepted")["data"]
    with work_as(actor) as work:
        rows = work.execute("select id, state from recipient where campaign_id = :id", {"id": campaign_id}).all()
    had = {f"r:{row_id}": state for row_id, state in rows}
    doubtful = [echo for echo, state in had.items() if state == "in_doubt"]
    return {
        # never accepted, and nobody says so
        "lost": sum(
            echo not in accepted and state not in ("in_doubt", "failed", "skipped") for echo, state in had.items()
        ),
        "twice": sum(count > 1 for count in accepted.values()),
        "in_doubt": len(doubtful),
        "in_doubt_but_accepted": sum(echo in accepted for echo in doubtful),
        "accepted_but_not_sent": sum(had.get(echo) in ("failed", "skipped", "queued") for echo in accepted),
    }


def report(breakage: Breakage, wish: Dispatch, found: dict[str, int]) -> dict[str, Any]:
    """In doubt per kill, beside what one slot holds at this rate."""
    kills = breakage.done["kill"]
    return {
        **found,
        "kills": kills,
        "database_restarts": breakage.done["database"],
        "flushes": breakage.done["flush"],
        "in_doubt_per_kill": round(found["in_doubt"] / kills, 2) if kills else None,
        "in_doubt_worst_kill": max(breakage.doubts, default=0),
        "one_slot": max(1, round(wish.rate * HORIZON)) if wish.rate else None,
    }
