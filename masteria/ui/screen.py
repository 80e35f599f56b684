"""What every screen's state can do: run an action or query as the signed-in person, watch topics, speak to the reader."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import reflex as rx

from masteria.core.work import work_as
from masteria.enums import Topic
from masteria.kit.errors import Conflict, Forbidden, Invalid, NotFound, OutsideError
from masteria.ui import identity
from masteria.ui.live import hub
from masteria.ui.texts import catalog, moment, number, tr

T = TypeVar("T")


class Screen(rx.State, mixin=True):
    """Mixed into each screen's state; underscore methods only, since every other one can be called by a browser."""

    async def _run(self, work_function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """An action or query in its own transaction, in a thread: the event loop never waits for the database."""
        actor = identity.current()

        def run() -> T:
            with work_as(actor) as work:
                return work_function(work, *args, **kwargs)

        return await asyncio.to_thread(run)

    async def _flow(self, flow: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """One of the few flows a person waits for."""
        return await asyncio.to_thread(flow, identity.current(), *args, **kwargs)

    def _watch(self, reload: Any, *topics: tuple[Topic, UUID | str]) -> None:
        """Read again through `reload` whenever one of these changes."""
        hub.watch(self.router.session.client_token, reload, *((topic, str(row_id)) for topic, row_id in topics))

    def _say(self, key: str, **values: object) -> str:
        return tr(self._language(), key, **values)

    def _moment(self, at: datetime | None) -> str:
        return moment(at, self._language(), identity.current().timezone)

    def _number(self, value: float) -> str:
        return number(value, self._language())

    def _language(self) -> str:
        # the browser's choice lives in Language.code; the server's words follow the person's own setting
        return identity.language()

    def _argument(self, name: str) -> str:
        """A part of the page's address, e.g. `/campaigns/[campaign_id]`."""
        return str(self.router.page.params.get(name, ""))


def explain(error: Exception, language: str) -> str:
    """Plain words for an expected error."""
    if isinstance(error, NotFound):
        return tr(language, "error.not_found")
    if isinstance(error, Forbidden):
        return tr(language, "error.forbidden")
    if isinstance(error, OutsideError):
        return tr(language, "error.outside")
    if isinstance(error, Conflict | Invalid):
        known = catalog("pt_BR")
        key = next((k for k in (f"error.{error.reason}", f"block.{error.reason}") if k in known), "error.other")
        return tr(language, key, **error.details)
    return tr(language, "error.unknown")


def field_of(error: Invalid) -> str:
    """The form field an error speaks of, without its group."""
    return error.field.rpartition(".")[2]
