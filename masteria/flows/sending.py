"""Sending what is due: for each campaign and each number's replies a pump, all in one loop of one process.

A pump is four short coroutines. *Claimer*: rows that are ours while our lease lasts. *Pacer*: send times for the next
tenth of a second; only those rows are marked `sending`, and that is committed before the call. *Senders*. *Recorder*:
outcomes in bulk. Killed at any instant, a pump leaves at most its marked rows in doubt and everything else untouched.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from collections.abc import Callable

import uvloop
from redis import asyncio as aio

from masteria.actions import leases, sending
from masteria.core import jobs
from masteria.core.access import Actor
from masteria.core.jobs import Job, ring
from masteria.core.redis import bell_url
from masteria.core.work import work_as
from masteria.flows.journal import left_behind
from masteria.flows.lanes import Lane, due_campaigns, due_replies
from masteria.flows.pump import IN_FLIGHT, Pump
from masteria.kit.outbound import HotClient

log = logging.getLogger(__name__)
LOOK_SECONDS = 0.5
LONGEST_SECONDS = 300.0


def send_campaigns() -> None:
    """Until no running campaign has anyone due. Rings itself again after five minutes, so no job grows old."""
    _collect_rarely()
    uvloop.run(_drain(due_campaigns, Job.SEND_CAMPAIGNS))


def send_messages() -> None:
    """Until no reply is due."""
    uvloop.run(_drain(due_replies, Job.SEND_MESSAGES))


def recover() -> None:
    """Sort out what pumps of this machine left when they were killed."""
    for left in left_behind():
        with work_as(Actor.system(left.company_id), by_key=True) as work:
            sending.record(work, left.table, left.answered)
            leases.part_with_the_dead(work, left.table, left.owner, left.begun)
        log.warning("a worker was killed here; %d calls it had begun are in doubt, the rest goes on", len(left.begun))


def _collect_rarely() -> None:
    """Messages make no circles: looking for them after every 700 objects took a fifth of the processor's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


async def _drain(due: Callable[[], list[Lane]], job: Job) -> None:
    await asyncio.to_thread(recover)
    client = aio.from_url(bell_url(), socket_timeout=0.15, socket_connect_timeout=0.15)
    web = HotClient(IN_FLIGHT)
    pumps: dict[Lane, asyncio.Task[None]] = {}
    until = time.monotonic() + LONGEST_SECONDS
    try:
        while not jobs.stopping.is_set() and time.monotonic() < until:
            for lane in await _look(due, pumps):
                if lane not in pumps:
                    pumps[lane] = asyncio.create_task(Pump(lane, client, web).run(until))
            if not pumps:
                return
            await asyncio.sleep(LOOK_SECONDS)
            for lane in [lane for lane, task in pumps.items() if task.done()]:
                _report(lane, pumps.pop(lane))
        await asyncio.gather(*pumps.values(), return_exceptions=True)
        if not jobs.stopping.is_set():
            ring(job)
    finally:
        await web.close()
        await client.aclose()


async def _look(due: Callable[[], list[Lane]], pumps: dict[Lane, asyncio.Task[None]]) -> list[Lane]:
    """Who is due. Pumps that fly are not dropped when the database is away: their answers are still to be heard."""
    try:
        return await asyncio.to_thread(due)
    except Exception:
        if not pumps:
            raise
        log.exception("cannot look for what is due")
        return []


def _report(lane: Lane, task: asyncio.Task[None]) -> None:
    error = task.exception()
    if error is not None:
        log.error("%s stopped; the sweeper takes its rows back", lane, exc_info=error)
