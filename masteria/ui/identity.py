"""Who a tab is: the session cookie of its socket, looked up on the server, never anything the page says."""

from __future__ import annotations

import asyncio
import time
from contextvars import ContextVar
from http.cookies import CookieError, SimpleCookie

from masteria.actions import sessions
from masteria.core.access import Actor
from masteria.core.veil import unveiled
from masteria.kit.errors import Forbidden

COOKIE = "masteria_session"
SECURE_COOKIE = "__Host-masteria_session"
KNOWN_SECONDS = 5.0
# a whole new page with a new socket; after signing in the reader is back where they were
_LEAVE = (
    "location.pathname.startsWith('/login') || "
    "location.assign('/login?{}next=' + encodeURIComponent(location.pathname + location.search))"
)
# the company asks for a second step, and the reader has none yet
ENROL = "location.assign('/login/enrol')"
SIGN_IN, SIGN_IN_AGAIN = _LEAVE.format(""), _LEAVE.format("problem=ended&")
CLOSED = "location.assign('/suspended')"

_current: ContextVar[Actor | None] = ContextVar("actor", default=None)
_language: ContextVar[str] = ContextVar("language", default="pt_BR")
_known: dict[str, tuple[float, Actor | None]] = {}


def current() -> Actor:
    """The person whose event is being handled."""
    actor = _current.get()
    if actor is None:
        raise Forbidden("signed out")
    return actor


def only_reads(permission: str) -> bool:
    """Whether the person's company may only read where this permission would be needed."""
    actor = _current.get()
    return actor is not None and actor.only_reads(permission)


def language() -> str:
    """The language of whoever sent the event that is being handled."""
    return _language.get()


def become(actor: Actor | None, language: str) -> None:
    _current.set(actor)
    _language.set(language)


async def find(cookie_header: str | None, *, fresh: bool = False) -> Actor | None:
    """The person of a cookie header; an answer is believed for five seconds, unless it must be `fresh`."""
    token = cookie_value(cookie_header)
    if not token:
        return None
    known = _known.get(token)
    if fresh or known is None or known[0] < time.monotonic():
        if len(_known) > 20_000:
            _known.clear()
        known = (time.monotonic() + KNOWN_SECONDS, await asyncio.to_thread(sessions.find_actor, token))
        _known[token] = known
    return known[1]


async def way_out(cookie_header: str | None, script: str) -> str:
    """Where nobody goes: to the sign-in, or to the page that says why their company is closed."""
    token = cookie_value(cookie_header)
    return CLOSED if token and await asyncio.to_thread(sessions.find_suspension, token) else script


def forget_all() -> None:
    """A session ended somewhere: believe no copy any longer."""
    _known.clear()


def cookie_value(header: str | None) -> str:
    """The session token in a cookie header; a broken header holds none."""
    try:
        jar = SimpleCookie(header or "")
    except CookieError:
        return ""
    morsel = jar.get(SECURE_COOKIE) or jar.get(COOKIE)
    return unveiled(morsel.value) if morsel else ""
