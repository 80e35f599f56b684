"""The dialog that asks again who is sitting there, before something dangerous; then the same thing goes on.

The guard opens it for handlers marked `needs(..., recent=True)`. The secret is posted by the browser to `/auth/prove`, so
no state ever holds it, and what the browser says about the answer is not believed: the session is read again.
"""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

import reflex as rx
from reflex.event import Event
from reflex_base.registry import RegistrationContext

from masteria.actions import proofs
from masteria.kit.clock import now
from masteria.ui import identity
from masteria.ui.components.basics import button, field, icon, native_link, text_input
from masteria.ui.components.posted import posted_form
from masteria.ui.marks import RECENT, needs
from masteria.ui.texts import catalog, t, tr


@cache
def wants_proof(event_name: str) -> bool:
    """Whether an event is a dangerous act."""
    registered = RegistrationContext.get().event_handlers.get(event_name)
    return registered is not None and bool(getattr(registered.handler.fn, RECENT, False))


class Prove(rx.State):
    """What waits for the answer is kept here; it is a request like any other, and passes the guard again."""

    is_open: bool = False
    way: str = proofs.PASSWORD
    problem: str = ""
    here: str = ""
    _event: str = ""
    _payload: dict[str, Any] = {}

    @rx.event
    @needs(None)
    async def ask(self, name: str, payload: dict):
        """Open the dialog for this event."""
        if not isinstance(name, str) or not isinstance(payload, dict) or not wants_proof(name):
            return
        self._event, self._payload = name, payload
        self.way = await asyncio.to_thread(proofs.way, identity.current())
        self.here, self.problem, self.is_open = str(self.router.url.path), "", True

    @rx.event
    @needs(None)
    async def answered(self, code: str):
        """Right: on with what waited. Wrong: say so, and ask again."""
        actor = await identity.find(self.router.headers.cookie, fresh=True)
        if actor is None or not actor.is_proven(now()):
            key = f"prove.{code}"
            self.problem = tr(identity.language(), key if key in catalog("pt_BR") else "prove.other")
            return None
        waiting = Event(name=self._event, payload=dict(self._payload)) if self._event else None
        self.is_open, self._event, self._payload, self.problem = False, "", {}, ""
        return waiting

    @rx.event
    @needs(None)
    async def close(self):
        """Nothing goes on."""
        self.is_open, self._event, self._payload = False, "", {}


def prove_dialog() -> rx.Component:
    """Once in every signed-in page."""
    return rx.alert_dialog.root(
        rx.alert_dialog.content(
            rx.alert_dialog.title(t("prove.title")),
            rx.alert_dialog.description(
                rx.match(
                    Prove.way,
                    (proofs.PASSWORD, t("prove.password_help")),
                    (proofs.CODE, t("prove.code_help")),
                    t("prove.provider_help"),
                )
            ),
            rx.cond((Prove.way == proofs.PASSWORD) | (Prove.way == proofs.CODE), _secret(), _provider()),
            class_name="dialog",
        ),
        open=Prove.is_open,
    )


def _secret() -> rx.Component:
    is_code = Prove.way == proofs.CODE
    control = text_input(
        name="secret",
        type=rx.cond(is_code, "text", "password"),
        auto_complete=rx.cond(is_code, "one-time-code", "current-password"),
        required=True,
        auto_focus=True,
    )
    return posted_form(
        field(rx.cond(is_code, t("code.label"), t("signin.password")), control, error=Prove.problem),
        rx.el.div(
            button(t("common.cancel"), tone="soft", on_click=Prove.close),
            button(t("prove.go"), type="submit"),
            class_name="dialog-actions",
        ),
        action="/auth/prove",
        class_name="stack",
        on_done=Prove.answered,
    )


def _provider() -> rx.Component:
    """Who has neither password nor code shows it where they come from; the act is then asked for once more."""
    go = native_link(
        icon("log-in"),
        rx.el.span(t("prove.provider_go")),
        href="/auth/login/" + Prove.way + "?intent=prove&next=" + Prove.here,
        class_name="btn",
    )
    return rx.el.div(button(t("common.cancel"), tone="soft", on_click=Prove.close), go, class_name="dialog-actions")
