"""The one gate every event of every tab passes: who is calling, and may they call this handler? No mark means nobody."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import reflex as rx
from reflex.event import Event
from reflex.middleware import Middleware
from reflex.state import State, StateUpdate
from reflex_base.registry import RegistrationContext

from masteria.enums import Permission
from masteria.ui import identity
from masteria.ui.live import hub
from masteria.ui.texts import tr

F = TypeVar("F", bound=Callable[..., Any])
PUBLIC = "public"
MARK = "__masteria_needs__"
HYDRATE = f"{State.get_full_name()}.hydrate_and_load"  # the first event of every connection
PLUMBING = frozenset(
    {"hydrate_and_load", "on_load_internal", "set_is_hydrated", "update_vars_internal", "handle_frontend_exception"}
)


class Owner(rx.State):
    """Which session this tab's state belongs to; kept on the server."""

    _session: str = ""


def needs(permission: Permission) -> Callable[[F], F]:
    """Under `@rx.event`: who may call this handler."""

    def mark(handler: F) -> F:
        setattr(handler, MARK, permission)
        return handler

    return mark


@cache
def rule(event_name: str) -> Permission | str | None:
    """What an event asks for: a permission, `public`, or None: no tab may send it."""
    registered = RegistrationContext.get().event_handlers.get(event_name)
    state, _, handler = event_name.rpartition(".")
    if registered is None or handler == "setvar":
        return None
    if state.rpartition(".")[2].startswith("reflex___"):
        return PUBLIC if handler in PLUMBING else None
    owner = registered.states[0]
    return getattr(registered.handler.fn, MARK, None) or (PUBLIC if getattr(owner, "PUBLIC", False) else None)


class Guard(Middleware):
    """Authenticate by the socket's cookie, bind the tab's state to its owner, authorise by handler."""

    def __init__(self) -> None:
        self._owner_of: dict[str, str] = {}

    async def preprocess(self, app: rx.App, state: State, event: Event) -> StateUpdate | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        actor = await identity.find(state.router.headers.cookie)
        token, session = state.router.session.client_token, str(actor.session_id) if actor else ""
        identity.become(actor)
        if event.name == HYDRATE:
            await self._claim(state, session)
            self._remember(token, session)
        elif self._owner_of.get(token) != session:
            # another person's tab token, or a session that ended: nothing kept for this tab may be used
            return _answer(rx.call_script("location.reload()"))
        hub.attach(token, actor)
        wanted = rule(event.name)
        if wanted == PUBLIC:
            return None
        if actor is None:
            return _answer(rx.redirect("/login"))
        if wanted is None or not actor.may(Permission(wanted)):
            return _answer(rx.toast.error(tr(actor.language, "error.forbidden")))
        return None

    def _remember(self, token: str, session: str) -> None:
        if len(self._owner_of) > 50_000:
            self._owner_of.clear()
        self._owner_of[token] = session

    @staticmethod
    async def _claim(state: State, session: str) -> None:
        """Same tab, other person or signed out: forget everything the server kept for it."""
        owner = await state.get_state(Owner)
        if owner._session != session:
            if owner._session:
                state._get_root_state().reset()
                owner = await state.get_state(Owner)
            owner._session = session


def unmarked() -> list[str]:
    """Our handlers that nobody may call: forgotten marks. A test keeps this empty."""
    ours = [n for n in RegistrationContext.get().event_handlers if ".masteria___" in n and not n.endswith(".setvar")]
    return sorted(n for n in ours if rule(n) is None)


def _answer(event: Any) -> StateUpdate:
    return StateUpdate(events=Event.from_event_type(event))
