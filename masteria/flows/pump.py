"""One pump: claim, pace, mark, send, record, for one lane, until it is empty, closed or asked to stop.

While one batch of slots flies, the next is already granted and marked, so the spacing never waits for the database.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from redis import asyncio as aio

from masteria.actions import sending
from masteria.actions.sending import Claimed, Recorded
from masteria.channels import channel_for
from masteria.channels.base import Answer, Content, PairRate, Sender, Verdict
from masteria.core import jobs
from masteria.core.pairs import Pairs
from masteria.core.throttle import HORIZON, Grant, Pacer
from masteria.enums import SendState
from masteria.flows.journal import Journal
from masteria.flows.lanes import Lane
from masteria.flows.recorder import GRACE_SECONDS, Recorder
from masteria.kit.outbound import HotClient

log = logging.getLogger(__name__)
CLAIM = 1000  # rows a claim at most; refilled when half is used
CLAIM_AHEAD_SECONDS = 5.0  # and never more than leave in this time
BATCH, BATCH_SECONDS = 250, HORIZON / 2  # slots at a time at most, and never for longer than half the horizon
MARK_AHEAD_SECONDS = 0.02  # before a batch's first slot: a kill leaves in doubt what is marked, sent or not
LATE_SECONDS = (
    0.007  # what may be made up for: less than 1 % more in one second; a longer stall is lost time, not a burst
)
EARLY_SECONDS = (
    0.002  # who is due so soon leaves with the one before: a loop wakes up a thousand times a second at most
)
IN_FLIGHT = 1500
PLAN_SECONDS = 1.0
RENEW_SECONDS = 5.0  # of a lease of 30
LONGEST_HOLD_SECONDS = 1200.0
RECOVERY = 0.02  # of the full rate, regained each second after the vendor asked for less


@dataclass(frozen=True, slots=True)
class Batch:
    """Marked rows, the first to leave at `first` (monotonic), the others every `gap` seconds."""

    claims: list[Claimed]
    first: float
    gap: float


class Pump:
    """Drains one lane. Everything it holds in memory can be lost at any moment."""

    def __init__(self, lane: Lane, client: aio.Redis, web: HotClient) -> None:
        self.lane = lane
        self.client = client
        self.web = web
        self.buffer: deque[Claimed] = deque()
        self.unmarked: list[Claimed] = []  # what turned out not to leave
        self.claiming: asyncio.Task[list[Claimed]] | None = None
        self.flying: set[asyncio.Task[None]] = set()
        self.room = asyncio.Semaphore(IN_FLIGHT)
        self.share = 1.0  # of the rate, which we dare after the vendor asked for less
        self.held_until = 0.0
        self.next_at = 0.0
        self.free_at = 0.0
        self.asked_at = time.monotonic()
        self.stopped: Answer | None = None
        self.exhausted = False
        self.unsure = False  # whether rows may still be ours that nobody here remembers

    async def run(self, until: float) -> None:
        """Work until nothing is due, the lane closes, the process stops, or `until` (monotonic)."""
        self.until = until
        plan = await asyncio.to_thread(self.lane.plan)
        if plan is None:
            return
        self.plan, self.planned_at = plan, time.monotonic()
        channel, number = channel_for(plan.kind), plan.account.number_id
        self.sender: Sender = channel.sender(plan.account, self.web)
        self.pacer = Pacer(self.client, number, self.lane.shares_as(), horizon=self.lane.horizon)
        limit: PairRate = channel.PAIR_LIMIT
        self.pairs = Pairs(self.client, number, seconds=limit.seconds, burst=limit.burst)
        self.owner = await asyncio.to_thread(self.lane.begin)
        self.renewed_at = time.monotonic()
        self.journal = Journal(self.lane.table, self.lane.company_id, self.owner)
        self.recorder = Recorder(self.lane, self.journal)
        landed = asyncio.Event()
        recording = asyncio.create_task(self.recorder.run(landed))
        try:
            await self._stream()
        except BaseException:
            self.unsure = True  # what was being marked may be marked
            raise
        finally:
            await self._land()
            landed.set()
            await recording
            await self.pacer.leave()
            await self._part()
        if self.exhausted and self.stopped is None:
            await asyncio.to_thread(self.lane.finished)

    async def _part(self) -> None:
        """End the lease; with rows left over it runs out, or the journal tells whoever comes next on this machine."""
        if self.unsure or self.recorder.results or self.flying:
            self.journal.leave()
        else:
            self.journal.close()
            await self._calmly(self.lane.end, self.owner)

    async def _stream(self) -> None:
        """Batch after batch: while one flies the next is made ready."""
        batch = await self._next(0.0)
        while batch is not None:
            following = asyncio.create_task(self._next(batch.first))
            try:
                await self._fly(batch)
                await self._give_back()
            finally:
                batch = await following

    async def _next(self, after: float) -> Batch | None:
        """The next slots and who takes them, marked `sending`; asked at `after`. None: the lane is over for now."""
        await _at(after)
        while not self._is_over() and await self._is_open():
            if await self._waits():
                continue
            if not await self._fill():
                break
            grant = await self._grant()
            if not grant.count:
                self.free_at = grant.first
                continue
            await _at(grant.first - MARK_AHEAD_SECONDS)
            batch = await self._mark(grant)
            if batch.claims:
                return batch
            self.planned_at = 0.0  # paused, perhaps
        return None

    async def _mark(self, grant: Grant) -> Batch:
        """Commit that these leave now. Each has its place among those in flight before: what is marked never queues."""
        places = await self._places(min(grant.count, len(self.buffer)))
        claims = await self._in_turn([self.buffer.popleft() for _ in range(places)])
        marked: set[UUID] = set()
        try:
            marked = await asyncio.to_thread(self.lane.mark, self.plan, claims) if claims else marked
        finally:
            for _ in range(places - len(marked)):
                self.room.release()
        if not marked:  # if the lane is closed they are still ours to give back, else that does nothing
            self.unmarked.extend(claims)
        return Batch([c for c in claims if c.id in marked], grant.first, grant.gap)

    async def _in_turn(self, claims: list[Claimed]) -> list[Claimed]:
        """Those whose pair with the number is not at its limit; the others are given back until it is not."""
        waits = await self.pairs.waits([claim.to for claim in claims])
        if not waits:
            return claims
        await self._calmly(self.lane.release, [claims[place] for place in waits], list(waits.values()))
        return [claim for place, claim in enumerate(claims) if place not in waits]

    async def _places(self, wanted: int) -> int:
        """At least one place in flight, at most `wanted`."""
        await self.room.acquire()
        count = 1
        while count < wanted and not self.room.locked():
            await self.room.acquire()
            count += 1
        return count

    def _is_over(self) -> bool:
        return self.stopped is not None or jobs.stopping.is_set() or time.monotonic() >= self.until

    async def _is_open(self) -> bool:
        """Look at the lane again once a second; another token needs another sender, so then this pump ends too."""
        moment = time.monotonic()
        if moment - self.planned_at < PLAN_SECONDS:
            return True
        if moment - self.renewed_at >= RENEW_SECONDS:
            if not await asyncio.to_thread(self.lane.renew, self.owner):
                return False
            self.renewed_at = moment
        plan = await asyncio.to_thread(self.lane.plan)
        if plan is None or plan.account != self.plan.account:
            return False
        self.plan, self.planned_at = plan, time.monotonic()
        return True

    async def _fill(self) -> bool:
        """See that somebody waits in the buffer, claiming ahead of need. False: nobody is due."""
        wanted = min(CLAIM, math.ceil(self.plan.speed * CLAIM_AHEAD_SECONDS))
        if self.claiming is None and len(self.buffer) <= wanted // 2:
            self.claiming = asyncio.create_task(asyncio.to_thread(self.lane.claim, self.owner, wanted))
        if self.claiming is not None and (not self.buffer or self.claiming.done()):
            claiming, self.claiming = self.claiming, None
            self.buffer.extend(await claiming)
            self.exhausted = not self.buffer
        return bool(self.buffer)

    async def _grant(self) -> Grant:
        """Slots for the next moment; the rest of the horizon lets those after them be made ready in time."""
        moment = time.monotonic()
        if moment > self.held_until:
            self.share = min(1.0, self.share + RECOVERY * (moment - max(self.asked_at, self.held_until)))
        self.asked_at = moment
        wanted = min(BATCH, len(self.buffer), max(1, int(self.plan.speed * self.share * BATCH_SECONDS)))
        rate = self.plan.rate * self.share
        return await self.pacer.take(wanted, rate, self.plan.own_rate, pumps=self.plan.pumps)

    async def _waits(self) -> bool:
        """For a slot to be free; through a longer hold the claims are not kept, they would grow old."""
        ahead = self.free_at - time.monotonic()
        if ahead <= 0:
            return False
        if ahead > PLAN_SECONDS and self.buffer:
            waiting, self.buffer = list(self.buffer), deque()
            await self._calmly(self.lane.release, waiting)
        await asyncio.sleep(min(max(ahead, 0.001), PLAN_SECONDS))
        return True

    async def _fly(self, batch: Batch) -> None:
        """Send each at its time. Late ones keep their distance: no burst catches up."""
        moment = max(batch.first, self.next_at)
        for number, claim in enumerate(batch.claims):
            await _at(moment, EARLY_SECONDS)
            moment = self.next_at = max(moment, time.monotonic() - LATE_SECONDS) + batch.gap
            if self.stopped is not None or jobs.stopping.is_set() or time.monotonic() < self.held_until:
                self.unmarked.extend(batch.claims[number:])
                return
            task = asyncio.create_task(self._send(claim))
            self.flying.add(task)
            task.add_done_callback(self.flying.discard)

    async def _send(self, claim: Claimed) -> None:
        try:
            echo, content = f"{self.lane.prefix}:{claim.id}", self.plan.content or Content(text=claim.text)
            self.journal.begin(claim.id)
            answer = await self.sender.send(claim.to, echo, content, claim.values, claim.attempts)
            result = self._result(claim, answer)
            self.journal.answer(result)
            self.recorder.results.append(result)
            if answer.verdict == Verdict.SLOW:
                await self._slow_down(min(answer.wait, LONGEST_HOLD_SECONDS))
            elif answer.verdict in (Verdict.STOP_CAMPAIGN, Verdict.STOP_ACCOUNT):
                self.stopped = answer
        except Exception:
            log.exception("%s of %s is in doubt", claim.id, self.lane)
        finally:
            self.room.release()

    async def _slow_down(self, seconds: float) -> None:
        """Once for all refusals of one hold: the messages in flight get theirs too."""
        if time.monotonic() < self.held_until:
            return
        self.held_until = time.monotonic() + max(seconds, 1.0)
        self.share = max(0.05, self.share / 2)
        await self.pacer.hold(seconds)

    def _result(self, claim: Claimed, answer: Answer) -> Recorded:
        state, wait = _STATES[answer.verdict], answer.wait
        if answer.verdict == Verdict.STOP_ACCOUNT:
            state = SendState.QUEUED if self.lane.waits_for_account else SendState.FAILED
        elif answer.verdict == Verdict.RETRY:  # who meets a number that must slow down has used up no try
            state, wait = sending.retry_at(claim.attempts, answer.wait)
        return Recorded(claim.id, claim.attempt_id, state, answer.provider_id, answer.code, wait)

    async def _land(self) -> None:
        """Say why it ends, give back what was not begun, wait for what flies: the last answers may be why."""
        said = await self._say_why()
        if self.claiming is not None:
            await asyncio.wait([self.claiming])
            self.buffer.extend([] if self.claiming.exception() else self.claiming.result())
        self.unmarked.extend(self.buffer)
        await self._give_back()
        grace = None
        while self.flying and (grace is None or time.monotonic() < grace):
            if grace is None and jobs.stopping.is_set():
                grace = time.monotonic() + GRACE_SECONDS
            await asyncio.wait(self.flying, timeout=0.25)
        if not said:
            await self._say_why()

    async def _give_back(self) -> None:
        """What was made ready and does not leave."""
        if self.unmarked:
            waiting, self.unmarked = self.unmarked, []
            await self._calmly(self.lane.release, waiting)

    async def _say_why(self) -> bool:
        """Pause what the vendor's answer holds for; False when there is no such answer yet."""
        if self.stopped is None:
            return False
        account = self.stopped.verdict == Verdict.STOP_ACCOUNT
        await self._calmly(self.lane.stop, self.stopped.code or "", account=account)
        return True

    async def _calmly(self, action: Callable[..., None], *values: Any, **options: Any) -> None:
        """With the database away leases run out by themselves; what flies must be heard all the same."""
        try:
            await asyncio.to_thread(action, *values, **options)
        except Exception:
            self.unsure = True
            log.exception("%s: not now", self.lane)


async def _at(moment: float, early: float = 0.0005) -> None:
    ahead = moment - time.monotonic()
    if ahead > early:
        await asyncio.sleep(ahead)


_STATES = {
    Verdict.SENT: SendState.SENT,
    Verdict.RETRY: SendState.QUEUED,
    Verdict.SLOW: SendState.QUEUED,
    Verdict.DOUBT: SendState.IN_DOUBT,
    Verdict.FAILED: SendState.FAILED,
    Verdict.STOP_CAMPAIGN: SendState.FAILED,
    Verdict.STOP_ACCOUNT: SendState.QUEUED,
}
