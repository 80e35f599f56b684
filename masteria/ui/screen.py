"""What screens are made of: `@screen` for a page; `Screen` to run, watch and speak as the signed-in person."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import reflex as rx

from masteria.core.access import Unenrolled, Unverified
from masteria.core.work import work_as
from masteria.enums import Permission, Topic
from masteria.kit.errors import Conflict, Forbidden, Invalid, NotFound, OutsideError
from masteria.ui import identity
from masteria.ui.components.basics import empty
from masteria.ui.live import hub
from masteria.ui.marks import PUBLIC, SIGNED_IN
from masteria.ui.profile import Profile
from masteria.ui.shell import shell
from masteria.ui.texts import catalog, moment, number, t, tr

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
        return identity.language()

    def _argument(self, name: str) -> str:
        """A part of the page's address, e.g. `/campaigns/[campaign_id]`."""
        return str(self.router.page.params.get(name, ""))


def screen(
    route: str, title: str, permission: Permission | str | None = None, *, on_load: Any = None
) -> Callable[[Callable[[], rx.Component]], Callable[[], rx.Component]]:
    """Make a function the page of an address. `title` is a message key; without a permission the page is open to all,
    with `SIGNED_IN` to whoever is signed in.

    The guard is what protects: here who lacks the permission reads so instead of an empty page.
    """

    def decorate(build: Callable[[], rx.Component]) -> Callable[[], rx.Component]:
        def page() -> rx.Component:
            if permission in (None, SIGNED_IN):
                return build()
            closed = empty("lock", t("common.closed"), t("error.forbidden"))
            is_refused = (Profile.rights.length() > 0) & ~Profile.rights.contains(str(permission))  # pyright: ignore[reportAttributeAccessIssue]
            return rx.cond(is_refused, shell(f"/{route.split('/')[1]}", t(title), closed), build())

        PAGES[route] = permission or PUBLIC
        loads = [Profile.enter] if permission is not None else []
        page.__name__ = build.__name__
        page.__module__ = build.__module__
        heading = t(title).to(str) + ("" if title == "app.name" else " · Masteria")
        rx.page(route=route, title=heading, image="/icon-512.png", on_load=[*loads, *([on_load] if on_load else [])])(
            page
        )
        return build

    return decorate


PAGES: dict[str, Permission | str] = {}  # every address and what it asks for


def explain(error: Exception, language: str) -> str:
    """Plain words for an expected error."""
    if isinstance(error, NotFound):
        return tr(language, "error.not_found")
    if isinstance(error, Unverified):
        return tr(language, "error.unverified")
    if isinstance(error, Unenrolled):
        return tr(language, "error.unenrolled")
    if isinstance(error, Forbidden):
        return tr(language, "error.read_only" if identity.only_reads(str(error)) else "error.forbidden")
    if isinstance(error, OutsideError):
        return tr(language, "error.outside")
    if isinstance(error, Conflict | Invalid):
        known = catalog("pt_BR")
        key = next((k for k in (f"error.{error.reason}", f"block.{error.reason}") if k in known), "error.other")
        return tr(language, key, **error.details)
    raise error


def field_of(error: Invalid) -> str:
    """The form field an error speaks of, without its group."""
    return error.field.rpartition(".")[2]
