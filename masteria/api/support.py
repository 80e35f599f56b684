"""Into another company as support and back: the browser's own session waits in a second cookie until the visit ends."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from masteria.actions import sessions, support
from masteria.api import entry
from masteria.api.entry import is_secure
from masteria.core.access import Actor
from masteria.core.work import work_as
from masteria.enums import Permission
from masteria.kit.errors import Invalid, NotFound
from masteria.kit.ids import parse_id

OWN, SECURE_OWN = "masteria_own_session", "__Host-masteria_own_session"


@entry.from_our_pages
async def enter(request: Request) -> Response:
    """The form of a company's page; only for who runs the installation, and never from within a visit."""
    actor = await entry.find_person(request)
    if actor is None or not actor.may(Permission.OPERATE):
        return PlainTextResponse("not allowed", 403)
    form = await request.form(max_files=0, max_fields=10)
    typed = {name: value for name, value in form.items() if isinstance(value, str)}
    actor = replace(actor, ip=request.client.host if request.client else "")
    try:
        token = await asyncio.to_thread(_enter, actor, typed)
    except NotFound:
        return RedirectResponse("/admin", 303)
    except Invalid as error:
        return RedirectResponse(f"/admin/companies/{quote(typed['company_id'])}?problem={error.reason}", 303)
    response = RedirectResponse(entry.HOME, 303)
    _set(request, response, SECURE_OWN if is_secure(request) else OWN, entry.session_token(request), 2 * 3600)
    _set(request, response, _cookie(request), token, support.MINUTES * 60)
    return response


@entry.from_our_pages
async def leave(request: Request) -> Response:
    """Out again, to where they came from."""
    actor = await entry.find_person(request)
    company = ""
    if actor is not None and actor.is_support:
        company = f"/companies/{actor.company_id}"
        await asyncio.to_thread(_leave, actor)
    own = request.cookies.get(SECURE_OWN) or request.cookies.get(OWN) or ""
    response = RedirectResponse(f"/admin{company}" if own else "/login", 303)
    if own:
        _set(request, response, _cookie(request), own, sessions.SESSION_DAYS * 86_400)
    elif actor is None or actor.is_support:
        response.delete_cookie(_cookie(request), path="/", secure=is_secure(request))
    for name, secure in ((OWN, False), (SECURE_OWN, True)):
        response.delete_cookie(name, path="/", secure=secure)
    return response


def _enter(actor: Actor, typed: dict[str, str]) -> str:
    change = typed.get("change_reason", "") if typed.get("may_change") else None
    with work_as(actor) as work:
        return support.enter(work, parse_id(typed.get("company_id")), typed.get("reason", ""), change_reason=change)


def _leave(actor: Actor) -> None:
    with work_as(actor) as work:
        support.leave(work)


def _cookie(request: Request) -> str:
    return entry.SECURE_COOKIE if is_secure(request) else entry.COOKIE


def _set(request: Request, response: Response, name: str, value: str, seconds: int) -> None:
    secure = is_secure(request)
    response.set_cookie(name, value, max_age=seconds, path="/", httponly=True, samesite="lax", secure=secure)


routes = [
    Route("/auth/support", enter, methods=["POST"]),
    Route("/auth/support/leave", leave, methods=["POST"]),
]
