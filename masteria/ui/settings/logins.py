"""The logins of other providers, as a part of the account's page: link, unlink, and what came of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import reflex as rx

from masteria.actions import logins
from masteria.enums import Provider
from masteria.kit.errors import Conflict, NotFound
from masteria.queries.ways_in import ways_in
from masteria.ui import identity
from masteria.ui.components.basics import button, icon
from masteria.ui.components.providers import provider_mark
from masteria.ui.marks import needs
from masteria.ui.screen import Screen, explain
from masteria.ui.texts import catalog, t


@dataclass(frozen=True)
class LoginLine:
    provider: str
    name: str
    email: str
    used: str
    is_linked: bool


class LoginsState(Screen, rx.State):
    """One line for each provider that the installation knows, or that the person came by."""

    lines: list[LoginLine] = []

    @rx.event
    @needs(None)
    async def load(self):
        """Read them, and say what came of a way to a provider and back."""
        await self._read()
        outcome = str(self.router.url.query_parameters.get("login", ""))
        if outcome == "linked":
            return rx.toast.success(self._say("logins.linked"))
        key = next((k for k in (f"logins.{outcome}", f"signin.{outcome}") if k in catalog("pt_BR")), "")
        return rx.toast.error(self._say(key)) if outcome and key else None

    @rx.event
    @needs(None, recent=True)
    async def link(self, provider: str):
        """To the provider's own page, and back here."""
        known = _known(provider)
        return rx.call_script(f"location.assign('/auth/login/{known}?intent=link')") if known else None

    @rx.event
    @needs(None, recent=True)
    async def unlink(self, provider: str):
        """This login opens nothing here any more."""
        known = _known(provider)
        if known is None:
            return None
        try:
            await asyncio.to_thread(logins.unlink, identity.current(), known)
        except (Conflict, NotFound) as error:
            return rx.toast.error(explain(error, identity.language()))
        await self._read()
        return rx.toast.success(self._say("logins.unlinked", provider=logins.NAMES[known]))

    async def _read(self) -> None:
        found = await asyncio.to_thread(ways_in, identity.current())
        held = {row.provider: row for row in found.logins}
        kinds = [kind for kind in Provider if kind in held or kind in logins.offered()]
        self.lines = [
            LoginLine(
                kind,
                logins.NAMES[kind],
                held[kind].email if kind in held else "",
                self._moment(held[kind].last_used_at) if kind in held else "",
                kind in held,
            )
            for kind in kinds
        ]


def logins_section() -> rx.Component:
    """A card for the account's page; nothing when no provider is known."""
    card = rx.el.section(
        rx.el.h2(icon("log-in", 18), rx.el.span(t("logins.title")), class_name="section-title"),
        rx.el.p(t("logins.help"), class_name="dim"),
        rx.el.ul(rx.foreach(LoginsState.lines, _line), class_name="rows"),
        class_name="card stack",
        id="logins",
    )
    return rx.el.div(rx.cond(LoginsState.lines.length() > 0, card), on_mount=LoginsState.load)  # pyright: ignore[reportAttributeAccessIssue]


def _line(line: LoginLine) -> rx.Component:
    about = rx.cond(line.email != "", line.email, t("logins.no_email"))
    return rx.el.li(
        provider_mark(line.provider),
        rx.el.div(
            rx.el.b(line.name),
            rx.el.span(rx.cond(line.is_linked, about, t("logins.off")), class_name="dim"),
            class_name="grow",
        ),
        rx.cond(
            line.is_linked,
            button(t("logins.unlink"), tone="soft small bad", on_click=LoginsState.unlink(line.provider)),
            button(t("logins.link"), tone="soft small", on_click=LoginsState.link(line.provider)),
        ),
        class_name="row-line",
    )


def _known(provider: str) -> Provider | None:
    try:
        return Provider(provider)
    except ValueError:
        return None
