"""What the plain forms around the sign-in share: only pages of ours may send them, where the reader goes next, and
`let_in`, the one place where a sign-in of any kind ends."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from masteria.actions import second_steps, sessions
from masteria.api import halfway
from masteria.core import forms
from masteria.core.access import Actor
from masteria.core.attempts import Try
from masteria.kit.errors import Invalid

COOKIE = "masteria_session"
SECURE_COOKIE = "__Host-masteria_session"
# an operator's own session, while they are in another company as support
OWN_COOKIE = "masteria_own_session"
SECURE_OWN_COOKIE = "__Host-masteria_own_session"
HOME = "/campaigns"
FORM_BYTES = 64_000
CODE_PAGE, SECOND_STEP = "/login/code", "second-step"

Handler = Callable[[Request], Awaitable[Response]]


def from_our_pages(handler: Handler) -> Handler:
    """Another site may not act with a person's cookie, nor sign anybody in."""

    @functools.wraps(handler)
    async def checked(request: Request) -> Response:
        if not same_origin(request):
            return PlainTextResponse("cross-site request refused", 403)
        return await handler(request)

    return checked


def same_origin(request: Request) -> bool:
    """Whether a page of ours sent this."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def session_token(request: Request) -> str:
    return request.cookies.get(SECURE_COOKIE) or request.cookies.get(COOKIE) or ""


def own_token(request: Request) -> str:
    """The session that waits behind a visit as support."""
    return request.cookies.get(SECURE_OWN_COOKIE) or request.cookies.get(OWN_COOKIE) or ""


async def find_person(request: Request) -> Actor | None:
    """Who the cookie is."""
    token = session_token(request)
    return await asyncio.to_thread(sessions.find_actor, token) if token else None


async def let_in(request: Request, member: sessions.Member, method: str, to: str) -> Response:
    """Who has shown who they are gets a session, and goes on to `to`; with a second step, its page comes first."""
    ticket = await asyncio.to_thread(second_steps.wait, member.person_id)
    if ticket:
        response = RedirectResponse(CODE_PAGE, 303)
        waiting, secure = {"ticket": ticket, "method": method, "next": to}, is_secure(request)
        halfway.keep(response, SECOND_STEP, waiting, minutes=second_steps.MINUTES, secure=secure)
        return response
    token = await asyncio.to_thread(
        sessions.let_in, member, method=method, ip=address(request), user_agent=agent(request)
    )
    return with_session(request, token, to)


def with_session(request: Request, token: str, to: str) -> Response:
    """On to `to`, with this session's cookie."""
    secure = is_secure(request)
    response = RedirectResponse(to, 303)
    response.delete_cookie(forms.COOKIE, path="/")
    response.set_cookie(
        SECURE_COOKIE if secure else COOKIE,
        token,
        max_age=sessions.SESSION_DAYS * 86_400,
        path="/",
        httponly=True,
        samesite="lax",
        secure=secure,
    )
    return response


def without_session(to: str) -> Response:
    """On to `to`, signed out."""
    response = RedirectResponse(to, 303)
    for name in (COOKIE, OWN_COOKIE):
        response.delete_cookie(name, path="/")
    for name in (SECURE_COOKIE, SECURE_OWN_COOKIE):
        response.delete_cookie(name, path="/", secure=True)
    return response


def local_path(target: str) -> str:
    """Where to go after signing in: a path of ours, never another site."""
    is_ours = target.startswith("/") and not target.startswith("//") and "\\" not in target and target.isprintable()
    return target if is_ours and urlsplit(target).path not in ("/", "/login", "/setup") else HOME


async def fields(request: Request) -> dict[str, str]:
    """What was typed; nothing when it is too much."""
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > FORM_BYTES:
        return {}
    form = await request.form(max_files=0, max_fields=20)
    return {name: value for name, value in form.items() if isinstance(value, str)}


def back(request: Request, page: str, refused: forms.Refused, *, wait: int = 0) -> Response:
    """To the page again, which says why in the reader's language and shows what was typed, but never a password.

    `wait` seconds make it a 429: a browser follows the refresh, a program reads the status.
    """
    again = f"{page}{'&' if '?' in page else '?'}again=1"
    if wait:
        refresh = f'<!doctype html><title>Masteria</title><meta http-equiv="refresh" content="0;url={again}">'
        response: Response = HTMLResponse(refresh, 429, {"retry-after": str(wait)})
    else:
        response = RedirectResponse(again, 303)
    response.set_cookie(
        forms.COOKIE,
        forms.write(refused),
        max_age=forms.SECONDS,
        path="/",
        httponly=True,
        samesite="lax",
        secure=is_secure(request),
    )
    return response


def too_often(request: Request, page: str, form: str, done: Try, typed: dict[str, str]) -> Response:
    """Told to wait, in whole minutes."""
    return back(request, page, forms.Refused(form, "", "slow", -(-done.wait // 60), typed), wait=done.wait)


def wrong(request: Request, page: str, form: str, error: Invalid, typed: dict[str, str]) -> Response:
    """A field that cannot be used, named as the form names it."""
    field, limit = {"company_name": "company"}.get(error.field, error.field), error.details.get("limit")
    return back(request, page, forms.Refused(form, field, error.reason, limit if isinstance(limit, int) else 0, typed))


def is_secure(request: Request) -> bool:
    return request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"


def address(request: Request) -> str:
    return request.client.host if request.client else ""


def agent(request: Request) -> str:
    return request.headers.get("user-agent", "")
