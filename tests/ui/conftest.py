"""Tabs without a browser: events go through Reflex's real pipeline, with the guard, locks and deltas of production."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest_asyncio
from reflex.event import Event
from reflex.istate.manager.memory import StateManagerMemory
from reflex_base.event.processor import BaseStateEventProcessor

from masteria.actions import sessions
from masteria.config import settings
from masteria.core.access import Actor
from masteria.masteria import app
from masteria.ui import identity
from masteria.ui.problems import on_error
from tests.cast import PASSWORD

# importing the app read the settings, before the session's services had their addresses
settings.cache_clear()

HYDRATE = "reflex___state____state.hydrate_and_load"


def cookie_of(actor: Actor | None) -> str:
    """A signed-in browser's Cookie header; nobody's is empty."""
    return f"{identity.COOKIE}={sessions.sign_in(actor.email, PASSWORD)}" if actor else ""


class Tab:
    """One open tab: `send` an event as its browser would, see what came back."""

    def __init__(self, processor: BaseStateEventProcessor, updates: list[Any], token: str, cookie: str) -> None:
        self.processor, self.updates, self.token, self.cookie = processor, updates, token, cookie
        self.path = "/campaigns"
        self.languages = ""
        self.query: dict[str, str] = {}

    async def send(self, handler: Any, **payload: Any) -> tuple[dict[str, Any], list[Any]]:
        """The changed vars by `state.var`, and the events for the browser."""
        name = handler if isinstance(handler, str) else f"{handler.state.get_full_name()}.{handler.fn.__name__}"
        self.updates.clear()
        headers = {"cookie": self.cookie, "accept-language": self.languages, "host": "test"}
        place = {"pathname": self.path, "asPath": self.path, "path": self.path}
        router = {"headers": headers, "token": self.token, "sid": "s", "query": self.query, **place}
        future = await self.processor.enqueue(self.token, Event(name=name, payload=payload, router_data=router))
        with contextlib.suppress(Exception):  # what the handler raised becomes a toast, by a task of its own
            await future.wait_all()
        while self.processor._tasks:
            await asyncio.sleep(0)
        return self.seen()

    def seen(self) -> tuple[dict[str, Any], list[Any]]:
        found: dict[str, Any] = {}
        events: list[Any] = []
        for update in self.updates:
            for state, changed in update.delta.items():
                short = state.rpartition(".")[2].rpartition("____")[2]
                found |= {f"{short}.{name.removesuffix('_rx_state_')}": value for name, value in changed.items()}
            events += update.events
        return found, events


OpenTab = Callable[..., Any]


@pytest_asyncio.fixture
async def open_tab() -> AsyncIterator[OpenTab]:
    """`await open_tab(actor)` opens a page as this person; without one, as a stranger."""
    updates: list[Any] = []

    class Socket:
        async def emit_update(self, update: Any, token: str) -> None:
            updates.append(update)

    processor = BaseStateEventProcessor(middleware=app, backend_exception_handler=on_error)
    async with processor.configure(state_manager=StateManagerMemory(), event_namespace=Socket()):  # pyright: ignore[reportArgumentType]
        count = 0

        async def opened(actor: Actor | None = None, *, languages: str = "", token: str = "") -> Tab:
            nonlocal count
            count += 1
            tab = Tab(processor, updates, token or f"tab-{count}-{id(updates)}", cookie_of(actor))
            tab.languages = languages
            tab.first, _ = await tab.send(HYDRATE)
            return tab

        yield opened
    identity.forget_all()
