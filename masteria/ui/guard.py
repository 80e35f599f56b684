"""The one gate every event of every tab passes: who is calling, and may they? No mark means nobody."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import cache
from typing import Any

import reflex as rx
from reflex.event import Event
from reflex.middleware.middleware import Middleware
from reflex.state import State, StateUpdate
from reflex_base.registry import RegistrationContext

from masteria.actions import refusals
from masteria.core.access import Actor
from masteria.enums import Permission
from masteria.kit.clock import now
from masteria.kit.ids import new_id
from masteria.kit.storable import storable
from masteria.ui import identity
from masteria.ui.live import hub
from masteria.ui.marks import MARK, PUBLIC, SIGNED_IN, needs
from masteria.ui.prove import Prove, wants_proof
from masteria.ui.texts import Language, known, preferred, tr

__all__ = ["Guard", "needs", "rule", "unmarked"]

HYDRATE = f"{State.get_full_name()}.hydrate_and_load"  # the first event of every connection
PLUMBING = frozenset(
    {"hydrate_and_load", "on_load_internal", "set_is_hydrated", "update_vars_internal", "handle_frontend_exception"}
)


class Owner(rx.State):
    """Which session this tab's state belongs to; kept on the server."""

    _session: str = ""


@cache
def rule(event_name: str) -> Permission | str | None:
    """What an event asks for: a permission, `public`, `signed in`, or None: no tab may send it."""
    registered = RegistrationContext.get().event_handlers.get(event_name)
    state, _, handler = event_name.rpartition(".")
    if registered is None or handler == "setvar":
        return None
    if state.rpartition(".")[2].startswith("reflex___"):
        return PUBLIC if handler in PLUMBING else None
    return getattr(registered.handler.fn, MARK, None)


class Guard(Middleware):
    """Authenticate by the socket's cookie, bind the tab's state to its owner, authorise by handler."""

    def __init__(self) -> None:
        self._owner_of: dict[str, str] = {}

    async def preprocess(self, app: rx.App, state: State, event: Event) -> StateUpdate | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        actor = _here(await identity.find(state.router.headers.cookie), state)
        token, session = state.router.session.client_token, str(actor.session_id) if actor else ""
        if event.name == HYDRATE:
            await self._claim(state, session)
            self._remember(token, session)
        language = await state.get_state(Language)
        if event.name == HYDRATE:
            language.usual = known(actor.language) if actor else preferred(state.router.headers.accept_language)
        identity.become(actor, language.code)
        if self._owner_of.get(token) != session:
            # another person's tab token, or a session that ended: nothing kept for this tab may be used
            return _answer(rx.call_script("location.reload()" if actor else await self._out(state, again=True)))
        hub.attach(token, actor, language.code)
        wanted = rule(event.name)
        if wanted == PUBLIC:
            return _cleaned(event)
        if actor is None:
            return _answer(rx.call_script(await self._out(state)))
        if wanted is None or (wanted != SIGNED_IN and not actor.may(Permission(wanted))):
            if not actor.must_enrol:  # that one is led on, not turned away
                await asyncio.to_thread(refusals.note, actor, _door(event.name), str(wanted or "unmarked"))
            return _refused(actor, wanted, language.code)
        if wants_proof(event.name) and not await self._is_proven(actor, state):
            return _answer(Prove.ask(event.name, storable(event.payload)))
        return _cleaned(event)

    @staticmethod
    async def _is_proven(actor: Actor, state: State) -> bool:
        """Asked anew before somebody is: what is known of a session may be five seconds old."""
        if actor.is_proven(now()):
            return True
        fresh = await identity.find(state.router.headers.cookie, fresh=True)
        return fresh is not None and fresh.is_proven(now())

    @staticmethod
    async def _out(state: State, *, again: bool = False) -> str:
        script = identity.SIGN_IN_AGAIN if again else identity.SIGN_IN
        return await identity.way_out(state.router.headers.cookie, script)

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


def _refused(actor: Actor, wanted: Permission | str | None, language: str) -> StateUpdate:
    if actor.must_enrol and wanted is not None:
        return _answer(rx.call_script(identity.ENROL))
    return _answer(rx.toast.error(tr(language, _why_not(actor, wanted))))


def _why_not(actor: Actor, wanted: Permission | str | None) -> str:
    if wanted is not None and actor.only_reads(wanted):
        return "error.read_only"
    return "error.forbidden" if actor.is_verified or wanted is None else "error.unverified"


def _cleaned(event: Event) -> None:
    """Go on, with arguments that can be stored and sent back: half a character would silence the tab's socket."""
    if isinstance(event.payload, dict):
        arguments = storable(event.payload)
        event.payload.clear()
        event.payload.update(arguments)


def _here(actor: Actor | None, state: State) -> Actor | None:
    """With where the event came from and a number of its own, for the audit trail."""
    return replace(actor, ip=state.router.session.client_ip, request_id=str(new_id())) if actor else None


def _door(event_name: str) -> str:
    """`compose_state.enter`; what is no handler of ours has no name that could fill the trail."""
    known_here = event_name in RegistrationContext.get().event_handlers
    return event_name.rpartition("____")[2] if known_here else "unknown"


def _answer(event: Any) -> StateUpdate:
    return StateUpdate(events=Event.from_event_type(event))
