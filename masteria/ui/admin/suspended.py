"""The page for people of a company that the installation has suspended: what happened, and why."""

from __future__ import annotations

import asyncio

import reflex as rx

from masteria.actions import sessions
from masteria.ui import identity
from masteria.ui.components.basics import brand, native_form
from masteria.ui.marks import public
from masteria.ui.screen import screen
from masteria.ui.shell import language_choice, language_of_page
from masteria.ui.texts import t


class SuspendedState(rx.State):
    """What the session's own company is told; a stranger's page stays empty."""

    company: str = ""
    reason: str = ""

    @rx.event
    @public
    async def enter(self):
        """Why the company is closed; whose is open goes back to work."""
        token = identity.cookie_value(self.router.headers.cookie)
        found = await asyncio.to_thread(sessions.find_suspension, token) if token else None
        self.company, self.reason = (found.company, found.reason) if found else ("", "")
        return None if found else rx.call_script("location.assign('/')")


@screen("/suspended", "suspended.title", on_load=SuspendedState.enter)
def suspended() -> rx.Component:
    leave = native_form(
        rx.el.button(t("nav.sign_out"), type="submit", class_name="btn soft wide"), action="/auth/logout", method="post"
    )
    card = rx.el.main(
        brand(),
        rx.el.div(
            rx.el.h1(t("suspended.title")),
            rx.el.p(t("suspended.text", company=SuspendedState.company)),
            rx.cond(SuspendedState.reason != "", rx.el.p(t("suspended.reason", reason=SuspendedState.reason))),
            rx.el.p(t("suspended.help"), class_name="dim"),
            class_name="door-form",
        ),
        leave,
        class_name="door-card",
    )
    return rx.el.div(card, language_choice(), language_of_page(), class_name="door")
