"""The buttons that sign in through another provider, for the sign-in, sign-up and invite pages."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import urlencode

import reflex as rx

from masteria.actions import logins
from masteria.ui.components.basics import native_link
from masteria.ui.components.providers import provider_mark
from masteria.ui.marks import public
from masteria.ui.texts import t


@dataclass(frozen=True)
class Doorbell:
    provider: str
    name: str
    address: str


class ProvidersState(rx.State):
    """Those that the installation is registered with; where the reader was going, and their invite, go along."""

    bells: list[Doorbell] = []

    @rx.event
    @public
    async def enter(self):
        """Which buttons there are, for this page's address."""
        query = self.router.url.query_parameters
        invite = str(query.get("token", "")) if str(self.router.url.path).startswith("/invite") else ""
        carried = {name: value for name, value in (("next", str(query.get("next", ""))), ("invite", invite)) if value}
        more = f"?{urlencode(carried)}" if carried else ""
        kinds = await asyncio.to_thread(logins.offered)
        self.bells = [Doorbell(kind, logins.NAMES[kind], f"/auth/login/{kind}{more}") for kind in kinds]


def provider_buttons() -> rx.Component:
    """Nothing at all while none is configured."""
    buttons = rx.el.div(
        rx.el.p(t("logins.or"), class_name="or"),
        rx.foreach(ProvidersState.bells, _bell),
        class_name="bells",
    )
    return rx.el.div(rx.cond(ProvidersState.bells.length() > 0, buttons), on_mount=ProvidersState.enter)  # pyright: ignore[reportAttributeAccessIssue]


def _bell(bell: Doorbell) -> rx.Component:
    return native_link(
        provider_mark(bell.provider),
        rx.el.span(t("logins.with", provider=bell.name)),
        href=bell.address,
        class_name="btn soft wide",
    )
