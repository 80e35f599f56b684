"""Sign-in, first run and sign-out: plain routes, the only ones that set or clear the session cookie."""

from __future__ import annotations

import asyncio
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from masteria.actions import accounts
from masteria.core import limits
from masteria.core.access import Actor
from masteria.kit.errors import Conflict, Invalid

COOKIE = "masteria_session"
SECURE_COOKIE = "__Host-masteria_session"
TRIES, PER_SECONDS = 10, 900  # wrong passwords of one address from one place


def same_origin(request: Request) -> bool:
    """Whether a page of ours sent this; other sites may not act with a person's cookie."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def session_token(request: Request) -> str:
    return request.cookies.get(SECURE_COOKIE) or request.cookies.get(COOKIE) or ""


async def find_person(request: Request) -> Actor | None:
    """Who the cookie is."""
    token = session_token(request)
    return await asyncio.to_thread(accounts.find_actor, token) if token else None


async def login(request: Request) -> Response:
    """E-mail and password; the answer is the same for an unknown address and a wrong password."""
    if not same_origin(request):
        return PlainTextResponse("cross-site request refused", 403)
    form = await _form(request)
    email = form.get("email", "").strip().lower()
    where = f"signin:{_ip(request)}:{email[:100]}"
    if not await asyncio.to_thread(limits.allow, where, TRIES, PER_SECONDS):
        return _back("/login", "slow", email=email)
    try:
        token = await asyncio.to_thread(
            accounts.sign_in, email, form.get("password", ""), ip=_ip(request), user_agent=_agent(request)
        )
    except Invalid:
        return _back("/login", "wrong", email=email)
    return _signed_in(request, token, "/campaigns")


async def setup(request: Request) -> Response:
    """The first company and its owner; needs the token of the link that the console showed."""
    if not same_origin(request):
        return PlainTextResponse("cross-site request refused", 403)
    form = await _form(request)
    kept = {name: form.get(name, "") for name in ("token", "company", "name", "email")}
    if not accounts.setup_token_is_right(form.get("token", "")):
        return _back("/setup", "link_wrong", **kept)
    try:
        token = await asyncio.to_thread(
            accounts.sign_up,
            form.get("company", ""),
            form.get("name", ""),
            form.get("email", ""),
            form.get("password", ""),
            ip=_ip(request),
            user_agent=_agent(request),
        )
    except Conflict:
        return _back("/login", "done")
    except Invalid as error:
        field = {"company_name": "company"}.get(error.field, error.field)
        return _back("/setup", f"{field}.{error.reason}", limit=str(error.details.get("limit", "")), **kept)
    return _signed_in(request, token, "/channels")


async def logout(request: Request) -> Response:
    """This session ends here and everywhere it is open."""
    if not same_origin(request):
        return PlainTextResponse("cross-site request refused", 403)
    if token := session_token(request):
        await asyncio.to_thread(accounts.sign_out, token)
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE, path="/")
    response.delete_cookie(SECURE_COOKIE, path="/", secure=True)
    return response


async def _form(request: Request) -> dict[str, str]:
    if int(request.headers.get("content-length") or 0) > 64_000:
        return {}
    form = await request.form(max_files=0, max_fields=20)
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _signed_in(request: Request, token: str, to: str) -> Response:
    secure = request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"
    response = RedirectResponse(to, 303)
    response.set_cookie(
        SECURE_COOKIE if secure else COOKIE,
        token,
        max_age=accounts.SESSION_DAYS * 86_400,
        path="/",
        httponly=True,
        samesite="lax",
        secure=secure,
    )
    return response


def _back(page: str, problem: str, **kept: str) -> Response:
    query = "&".join(f"{name}={quote(value[:300])}" for name, value in {"problem": problem, **kept}.items() if value)
    return RedirectResponse(f"{page}?{query}", 303)


def _ip(request: Request) -> str:
    return request.client.host if request.client else ""


def _agent(request: Request) -> str:
    return request.headers.get("user-agent", "")


routes = [
    Route("/auth/login", login, methods=["POST"]),
    Route("/auth/setup", setup, methods=["POST"]),
    Route("/auth/logout", logout, methods=["POST"]),
]
