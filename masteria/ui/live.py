"""Which tab watches what. An announcement makes every watching tab read again, at most one event a tab each 150 ms.

Nothing but a topic and an id travels; the injected event passes the guard as the tab's own person.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Coroutine
from typing import Any
from uuid import UUID

import reflex as rx
from reflex.event import Event
from reflex.state import StateUpdate

from masteria.core import live
from masteria.core.access import Actor
from masteria.enums import Topic
from masteria.ui import identity

log = logging.getLogger(__name__)
GAP_SECONDS = 0.15
ANY = "*"


class Hub:
    """One a process: tabs by company, topics by tab."""

    def __init__(self) -> None:
        self.company_of: dict[str, UUID] = {}
        self.session_of: dict[str, str] = {}
        self.language_of: dict[str, str] = {}
        self.tabs: defaultdict[UUID, set[str]] = defaultdict(set)
        self.watched: dict[str, dict[str, Any]] = {}
        self.standing: dict[Topic, Any] = {}
        self._dirty: defaultdict[str, set[str]] = defaultdict(set)
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._app: rx.App | None = None
        self._tasks: set[asyncio.Future[Any]] = set()

    def attach(self, token: str, actor: Actor | None, language: str) -> None:
        """This tab belongs to this person's company now, and reads this language."""
        company = actor.company_id if actor else None
        session = str(actor.session_id) if actor else ""
        if self.company_of.get(token) == company and self.session_of.get(token, "") == session:
            if company is not None:
                self.language_of[token] = language
            return
        self.forget(token)
        if company is not None:
            self.company_of[token], self.session_of[token] = company, session
            self.language_of[token] = language
            self.tabs[company].add(token)

    def watch(self, token: str, reload: Any, *topics: tuple[Topic, str]) -> None:
        """From now on this tab shows these things; `reload` is the handler that reads them again."""
        self.watched[token] = {f"{topic}:{row_id}": reload for topic, row_id in topics}

    def always(self, topic: Topic, reload: Any) -> None:
        """Every signed-in tab reads this again when it changes, whatever page it shows."""
        self.standing[topic] = reload

    def forget(self, token: str) -> None:
        company = self.company_of.pop(token, None)
        if company is not None:
            self.tabs[company].discard(token)
        self.session_of.pop(token, None)
        self.language_of.pop(token, None)
        self.watched.pop(token, None)
        self._dirty.pop(token, None)
        if timer := self._timers.pop(token, None):
            timer.cancel()

    def happened(self, company_id: UUID, topic: Topic, row_id: str) -> None:
        """Note it for every tab here that watches this; a session that ended loses its tabs at once."""
        if topic is Topic.SESSION:
            identity.forget_all()
            self._start(self.cut(row_id))
            return
        if topic in (Topic.COMPANY, Topic.MEMBER):
            identity.forget_all()  # what its people may do can be another now
        for token in list(self.tabs.get(company_id, ())):
            if not self._here(token):
                self.forget(token)
                continue
            keys = {f"{topic}:{row_id}", f"{topic}:{ANY}"} & self.watched.get(token, {}).keys()
            if topic in self.standing:
                keys.add(topic)
            if keys:
                self._dirty[token] |= keys
                if token not in self._timers:
                    loop = asyncio.get_running_loop()
                    self._timers[token] = loop.call_later(GAP_SECONDS, self._flush, token)

    async def cut(self, session_id: str) -> None:
        """Close the sockets of an ended session; when they connect again they are nobody's."""
        if self._app is None or self._app.sio is None:
            return
        namespace = self._app.event_namespace
        # a browser does not come back by itself after this, so it is told where to go first
        leave = StateUpdate(events=Event.from_event_type(rx.call_script(identity.SIGN_IN_AGAIN)))
        for token in [t for t, session in self.session_of.items() if session == session_id]:
            await namespace.emit_update(leave, token)  # pyright: ignore[reportOptionalMemberAccess]
            record = namespace._token_manager.token_to_socket.get(token)  # pyright: ignore[reportOptionalMemberAccess]
            self.forget(token)
            if record is not None:
                await self._app.sio.disconnect(record.sid, namespace=namespace.namespace)  # pyright: ignore[reportOptionalMemberAccess]

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
        wanted = {watched.get(key) or self.standing.get(key) for key in keys}  # pyright: ignore[reportArgumentType, reportCallIssue]
        for reload in filter(None, wanted):
            event = Event.from_event_type(reload())[0]
            self._start(self._app.event_processor.enqueue(token, event))  # pyright: ignore[reportOptionalMemberAccess]

    def _start(self, work: Coroutine[Any, Any, Any]) -> None:
        """Hold the task until it ends: asyncio keeps none by itself."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Future[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception():
            log.error("a live refresh failed", exc_info=task.exception())


hub = Hub()
