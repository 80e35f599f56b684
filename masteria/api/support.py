"""Into another company as support and back: the browser's own session waits in a second cookie until the visit ends."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from masteria.actions import support
from masteria.api.entry import (
    HOME,
    OWN_COOKIE,
    SECURE_OWN_COOKIE,
    address,
    fields,
    find_person,
    from_our_pages,
    is_secure,
    own_token,
    session_token,
    with_session,
    without_session,
)
from masteria.core.access import Actor
from masteria.core.work import work_as
from masteria.enums import Permission
from masteria.kit.clock import now
from masteria.kit.errors import Forbidden, Invalid, NotFound
from masteria.kit.ids import parse_id

OWN_SECONDS = (support.MINUTES + 30) * 60  # a visit and the time to notice that it is over


@from_our_pages
async def enter(request: Request) -> Response:
    """The form of a company's page; only for who runs the installation, and never from within a visit."""
    actor, form = await find_person(request), await fields(request)
    page = f"/admin/companies/{quote(form.get('company_id', ''), safe='')}"
    try:
        if actor is None:
            raise Forbidden(str(Permission.OPERATE))
        if actor.may(Permission.OPERATE) and not actor.is_proven(now()):
            raise Invalid("reason", "proof_needed")
        token = await asyncio.to_thread(_enter, replace(actor, ip=address(request)), form)
    except Forbidden:
        return PlainTextResponse("not allowed", 403)
    except NotFound:
        return RedirectResponse("/admin", 303)
    except Invalid as error:
        return RedirectResponse(f"{page}?problem={error.reason}&field={error.field}", 303)
    response = with_session(request, token, HOME)
    response.set_cookie(
        SECURE_OWN_COOKIE if is_secure(request) else OWN_COOKIE,
        session_token(request),
        max_age=OWN_SECONDS,
        path="/",
        httponly=True,
        samesite="lax",
        secure=is_secure(request),
    )
    return response


@from_our_pages
async def leave(request: Request) -> Response:
    """Out again, to where they came from. Whoever signed in as somebody else meanwhile stays who they are."""
    actor, own = await find_person(request), own_token(request)
    if actor is not None and not actor.is_support:
        return _without_own(RedirectResponse(HOME, 303))
    if actor is not None:
        await asyncio.to_thread(_leave, actor)
    if not own:
        return without_session("/login")
    company = f"/companies/{actor.company_id}" if actor is not None else ""
    return _without_own(with_session(request, own, f"/admin{company}"))


def _enter(actor: Actor, form: dict[str, str]) -> str:
    change = form.get("change_reason", "") if form.get("may_change") else None
    with work_as(actor) as work:
        return support.enter(work, parse_id(form.get("company_id")), form.get("reason", ""), change_reason=change)


def _leave(actor: Actor) -> None:
    with work_as(actor) as work:
        support.leave(work)


def _without_own(response: Response) -> Response:
    response.delete_cookie(OWN_COOKIE, path="/")
    response.delete_cookie(SECURE_OWN_COOKIE, path="/", secure=True)
    return response


routes = [
    Route("/auth/support", enter, methods=["POST"]),
    Route("/auth/support/leave", leave, methods=["POST"]),
]
