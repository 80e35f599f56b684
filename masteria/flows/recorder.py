"""Outcomes of one pump, written down in bulk through a connection of their own, so that claims never wait for them."""

from __future__ import annotations

import asyncio
import logging
import time

from masteria.actions.sending import Recorded
from masteria.core import jobs
from masteria.flows.journal import Journal
from masteria.flows.lanes import Lane

log = logging.getLogger(__name__)
RECORD_SECONDS = 0.1
ANNOUNCE_SECONDS = 0.25
GRACE_SECONDS = 8.0  # for what flies when the process is asked to stop
KEEP_TRYING_SECONDS = 30.0  # to write down outcomes while the database is away


class Recorder:
    """Takes results as they come. What it could not write down stays in `results`."""

    def __init__(self, lane: Lane, journal: Journal) -> None:
        self.lane, self.journal = lane, journal
        self.results: list[Recorded] = []
        self.announced_at = 0.0
        self.owes_word = False  # outcomes were written down and the screens not told yet

    async def run(self, landed: asyncio.Event) -> None:
        """Until everything has landed, and then the rest, as long as there is hope."""
        while not landed.is_set():
            await asyncio.sleep(RECORD_SECONDS)
            await self.record(announce=time.monotonic() - self.announced_at >= ANNOUNCE_SECONDS)
        give_up = time.monotonic() + (GRACE_SECONDS if jobs.stopping.is_set() else KEEP_TRYING_SECONDS)
        while not await self.record(announce=True) and time.monotonic() < give_up:
            await asyncio.sleep(0.5)

    async def record(self, *, announce: bool) -> bool:
        """Write down what has come. False: not now, it is still here."""
        if not self.results and not (announce and self.owes_word):
            return True
        results, self.results = self.results, []
        try:
            await asyncio.to_thread(self.lane.record, results, announce=announce)
        except Exception:
            self.results = results + self.results  # the database was away: the outcomes wait here, nothing is resent
            log.exception("outcomes of %s not recorded yet", self.lane)
            return False
        self.journal.recorded(results)
        self.owes_word = not announce
        if announce:
            self.announced_at = time.monotonic()
        return True
