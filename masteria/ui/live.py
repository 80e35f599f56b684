"""Which tab watches what. An announcement makes every watching tab read again, at most one event a tab each 150 ms.

Nothing but a topic and an id travels; the injected event passes the guard as the tab's own person.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from typing import Any
from uuid import UUID

import reflex as rx
from reflex.event import Event

from masteria.core import live
from masteria.core.access import Actor
from masteria.enums import Topic

log = logging.getLogger(__name__)
GAP_SECONDS = 0.15
ANY = "*"


class Hub:
    """One a process: tabs by company, topics by tab."""

    def __init__(self) -> None:
        self.company_of: dict[str, UUID] = {}
        self.tabs: defaultdict[UUID, set[str]] = defaultdict(set)
        self.watched: dict[str, dict[str, Any]] = {}
        self._dirty: defaultdict[str, set[str]] = defaultdict(set)
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._app: rx.App | None = None
        self._tasks: set[asyncio.Future[Any]] = set()

    def attach(self, token: str, actor: Actor | None) -> None:
        """This tab belongs to this person's company now."""
        company = actor.company_id if actor else None
        if self.company_of.get(token) == company:
            return
        self.forget(token)
        if company is not None:
            self.company_of[token] = company
            self.tabs[company].add(token)

    def watch(self, token: str, reload: Any, *topics: tuple[Topic, str]) -> None:
        """From now on this tab shows these things; `reload` is the handler that reads them again."""
        self.watched[token] = {f"{topic}:{row_id}": reload for topic, row_id in topics}

    def forget(self, token: str) -> None:
        company = self.company_of.pop(token, None)
        if company is not None:
            self.tabs[company].discard(token)
        self.watched.pop(token, None)
        self._dirty.pop(token, None)
        if timer := self._timers.pop(token, None):
            timer.cancel()

    def happened(self, company_id: UUID, topic: Topic, row_id: str) -> None:
        """Note it for every tab here that watches this."""
        for token in list(self.tabs.get(company_id, ())):
            if not self._here(token):
                self.forget(token)
                continue
            keys = {f"{topic}:{row_id}", f"{topic}:{ANY}"} & self.watched.get(token, {}).keys()
            if keys:
                self._dirty[token] |= keys
                if token not in self._timers:
                    loop = asyncio.get_running_loop()
                    self._timers[token] = loop.call_later(GAP_SECONDS, self._flush, token)

    async def run(self, app: rx.App) -> None:
        """For the life of the process."""
        self._app = app
        async for company_id, topic, row_id in live.changes():
            self.happened(company_id, topic, row_id)

    def _here(self, token: str) -> bool:
        """Is that tab's socket open in this process?"""
        assert self._app is not None
        manager = self._app.event_namespace._token_manager  # pyright: ignore[reportOptionalMemberAccess]
        record = manager.token_to_socket.get(token)
        return record is not None and record.instance_id == manager.instance_id

    def _flush(self, token: str) -> None:
        self._timers.pop(token, None)
        keys, watched = self._dirty.pop(token, set()), self.watched.get(token, {})
        if not self._here(token):
            return
        for reload in {watched[key] for key in keys if key in watched}:
            event = Event.from_event_type(reload())[0]
            task = asyncio.ensure_future(self._app.event_processor.enqueue(token, event))  # pyright: ignore[reportOptionalMemberAccess]
            self._tasks.add(task)
            task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Future[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception():
            log.error("a live refresh failed", exc_info=task.exception())


hub = Hub()
