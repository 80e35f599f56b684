"""One pump: claim, pace, mark, send, record, for one lane, until it is empty, paused or asked to stop."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque

from redis import asyncio as aio

from masteria.actions import sending
from masteria.actions.sending import Claimed, Recorded
from masteria.channels import channel_for
from masteria.channels.base import Answer, Content, Sender, Verdict
from masteria.core import jobs
from masteria.core.throttle import HORIZON, Grant, Pacer
from masteria.enums import SendState
from masteria.flows.journal import Journal
from masteria.flows.lanes import Lane, Plan

log = logging.getLogger(__name__)
CLAIM = 400  # rows a claim; refilled when half is used
IN_FLIGHT = 1000
RECORD_SECONDS = 0.1
UNPACED = 1001  # from this rate on slots would be shorter than a call to Redis: only the flight limit holds
PLAN_SECONDS = 1.0
GRACE_SECONDS = 8.0


class Pump:
    """Drains one lane. Everything it holds in memory can be lost at any moment."""

    def __init__(self, lane: Lane, client: aio.Redis) -> None:
        self.lane = lane
        self.client = client
        self.buffer: deque[Claimed] = deque()
        self.results: list[Recorded] = []
        self.flying: set[asyncio.Task[None]] = set()
        self.room = asyncio.Semaphore(IN_FLIGHT)
        self.slow = 1.0  # share of the rate we dare after the vendor asked for less
        self.stopped: tuple[str, bool] | None = None
        self.exhausted = False
        self.claiming: asyncio.Task[None] | None = None

    async def run(self, until: float) -> None:
        """Work until nothing is due, the lane closes, the process stops, or `until` (monotonic)."""
        plan = await asyncio.to_thread(self.lane.plan)
        if plan is None:
            return
        sender: Sender = channel_for(plan.kind).sender(plan.account, IN_FLIGHT)
        pacer = Pacer(self.client, plan.account.number_id)
        recorder = asyncio.create_task(self._recorder())
        self.journal = Journal(self.lane.table, self.lane.company_id, self.lane.owner)
        try:
            while time.monotonic() < until and not jobs.stopping.is_set() and self.stopped is None:
                if not await self._fill():
                    break
                if not await self._round(plan, sender, pacer):
                    break
        finally:
            await self._land()
            recorder.cancel()
            await self._record()
            await sender.close()
            self._close_journal()
        if self.stopped is not None:
            await asyncio.to_thread(self.lane.stop, self.stopped[0], account=self.stopped[1])
        elif self.exhausted:
            await asyncio.to_thread(self.lane.finished)

    async def _fill(self) -> bool:
        """Make sure somebody waits in the buffer; refills ahead of need. False: nobody is due."""
        if not self.buffer:
            if self.claiming is None:
                self.claiming = asyncio.create_task(self._claim())
            await self.claiming
            self.claiming = None
            self.exhausted = not self.buffer
        elif len(self.buffer) < CLAIM // 2 and self.claiming is None:
            self.claiming = asyncio.create_task(self._claim())
        return bool(self.buffer)

    async def _claim(self) -> None:
        self.buffer.extend(await asyncio.to_thread(self.lane.claim, CLAIM))

    async def _round(self, plan: Plan, sender: Sender, pacer: Pacer) -> bool:
        """One grant of slots: mark them, send each at its time. False: the lane is closed."""
        if self.claiming is not None and self.claiming.done():
            self.claiming = None
        paced = plan.rate < UNPACED
        grant = await self._grant(plan, pacer, paced)
        if grant.count == 0:
            await asyncio.sleep(max(0.001, min(grant.first - time.monotonic(), 1.0)))
            return True
        batch = [self.buffer.popleft() for _ in range(min(grant.count, len(self.buffer)))]
        marked = await asyncio.to_thread(self.lane.mark, batch)
        if not marked and await asyncio.to_thread(self.lane.plan) is None:
            await asyncio.to_thread(self.lane.release, batch)
            return False
        moment = max(grant.first, time.monotonic())
        for claim in (c for c in batch if c.id in marked):
            await self._at(moment)
            moment = max(moment, time.monotonic() - grant.gap) + grant.gap if paced else 0.0
            await self.room.acquire()
            task = asyncio.create_task(self._send(claim, plan.content, sender, pacer))
            self.flying.add(task)
            task.add_done_callback(self.flying.discard)
        return True

    async def _grant(self, plan: Plan, pacer: Pacer, paced: bool) -> Grant:
        if not paced:
            return Grant(min(len(self.buffer), 200), 0.0, 0.0)
        self.slow = min(1.0, self.slow * 1.02)
        rate = max(0.5, plan.rate * self.slow)
        return await pacer.take(max(1, min(len(self.buffer), int(rate * HORIZON) or 1)), rate)

    def _close_journal(self) -> None:
        """Only once all is recorded; otherwise whoever comes next must read it."""
        if not self.results and not self.flying:
            self.journal.close()

    @staticmethod
    async def _at(moment: float) -> None:
        ahead = moment - time.monotonic()
        if ahead > 0.0005:
            await asyncio.sleep(ahead)

    async def _send(self, claim: Claimed, content: Content | None, sender: Sender, pacer: Pacer) -> None:
        try:
            echo = f"{self.lane.prefix}:{claim.id}"
            self.journal.begin(claim.id)
            answer = await sender.send(
                claim.to, echo, content or Content(text=claim.text), claim.values, claim.attempts
            )
            self.results.append(self._result(claim, answer))
            if answer.verdict == Verdict.SLOW:
                self.slow = max(0.05, self.slow / 2)
                await pacer.hold(min(answer.wait, 60))
            elif answer.verdict in (Verdict.STOP_CAMPAIGN, Verdict.STOP_ACCOUNT):
                self.stopped = (answer.code or "", answer.verdict == Verdict.STOP_ACCOUNT)
        finally:
            self.room.release()

    def _result(self, claim: Claimed, answer: Answer) -> Recorded:
        state, wait = _STATES[answer.verdict], answer.wait
        if answer.verdict == Verdict.STOP_ACCOUNT:
            state = SendState.QUEUED if self.lane.waits_for_account else SendState.FAILED
        elif state == SendState.QUEUED:
            state, wait = sending.retry_at(claim.attempts, answer.wait)
        return Recorded(claim.id, claim.attempt_id, state, answer.provider_id, answer.code, wait)

    async def _recorder(self) -> None:
        while True:
            await asyncio.sleep(RECORD_SECONDS)
            await self._record()

    async def _record(self) -> None:
        if not self.results:
            return
        results, self.results = self.results, []
        try:
            await asyncio.shield(asyncio.to_thread(self.lane.record, results))
        except Exception:
            self.results = results + self.results  # the database was away: the outcomes wait here, nothing is resent
            log.exception("outcomes of %s not recorded yet", self.lane)

    async def _land(self) -> None:
        """Wait for what flies, give back what was not begun."""
        if self.claiming is not None:
            await self.claiming
        if self.flying:
            await asyncio.wait(self.flying, timeout=GRACE_SECONDS if jobs.stopping.is_set() else None)
        if self.buffer:
            await asyncio.to_thread(self.lane.release, list(self.buffer))


_STATES = {
    Verdict.SENT: SendState.SENT,
    Verdict.RETRY: SendState.QUEUED,
    Verdict.SLOW: SendState.QUEUED,
    Verdict.DOUBT: SendState.IN_DOUBT,
    Verdict.FAILED: SendState.FAILED,
    Verdict.STOP_CAMPAIGN: SendState.FAILED,
    Verdict.STOP_ACCOUNT: SendState.QUEUED,
}
