"""Sign-in, first run and sign-out: plain routes, the only ones that set or clear the session cookie."""

from __future__ import annotations

import asyncio
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from masteria.actions import accounts, sessions
from masteria.core import attempts, forms
from masteria.core.access import Actor
from masteria.kit.errors import Conflict, Invalid

COOKIE = "masteria_session"
SECURE_COOKIE = "__Host-masteria_session"
HOME = "/campaigns"
FORM_BYTES = 64_000


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
    return await asyncio.to_thread(sessions.find_actor, token) if token else None


def local_path(target: str) -> str:
    """Where to go after signing in: a path of ours, never another site."""
    is_ours = target.startswith("/") and not target.startswith("//") and "\\" not in target and target.isprintable()
    return target if is_ours and urlsplit(target).path not in ("/", "/login", "/setup") else HOME


async def home(request: Request) -> Response:
    """`/` leads to work, or to the sign-in."""
    return RedirectResponse(HOME if session_token(request) else "/login", 303)


async def login(request: Request) -> Response:
    """E-mail and password; the same answer for an unknown address and a wrong password. Too many wrong ones: 429."""
    if not same_origin(request):
        return PlainTextResponse("cross-site request refused", 403)
    form = await _form(request)
    email, target = form.get("email", "").strip().lower(), local_path(form.get("next", ""))
    who, typed = (email, _ip(request)), {"email": email, "next": target}
    if await asyncio.to_thread(attempts.too_many, *who):
        return _back(request, "/login", forms.Refused("login", "", "slow", typed=typed), 429)
    try:
        member = await asyncio.to_thread(sessions.check_password, email, form.get("password", ""), ip=_ip(request))
    except Invalid:
        await asyncio.to_thread(attempts.failed, *who)
        return _back(request, "/login", forms.Refused("login", "", "wrong", typed=typed))
    except Conflict as error:  # the right person, with nowhere to go
        return _back(request, "/login", forms.Refused("login", "", error.reason, typed=typed))
    await asyncio.to_thread(attempts.succeeded, *who)
    return await _let_in(request, member, sessions.PASSWORD, target)


async def setup(request: Request) -> Response:
    """The first company and its owner; needs the token of the link that the console showed."""
    if not same_origin(request):
        return PlainTextResponse("cross-site request refused", 403)
    form = await _form(request)
    typed = {name: form.get(name, "") for name in ("company", "name", "email")}
    page = f"/setup?token={quote(form.get('token', ''))}"
    if not accounts.setup_token_is_right(form.get("token", "")):
        return _back(request, page, forms.Refused("setup", "", "link_wrong", typed=typed))
    try:
        token = await asyncio.to_thread(
            accounts.sign_up,
            typed["company"],
            typed["name"],
            typed["email"],
            form.get("password", ""),
            ip=_ip(request),
            user_agent=_agent(request),
        )
    except Conflict:
        return _back(request, "/login", forms.Refused("login", "", "done", typed={"email": typed["email"]}))
    except Invalid as error:
        field, limit = {"company_name": "company"}.get(error.field, error.field), error.details.get("limit")
        refused = forms.Refused("setup", field, error.reason, limit if isinstance(limit, int) else 0, typed)
        return _back(request, page, refused)
    return _signed_in(request, token, "/channels")


async def logout(request: Request) -> Response:
    """This session ends here and everywhere it is open."""
    if not same_origin(request):
        return PlainTextResponse("cross-site request refused", 403)
    if token := session_token(request):
        await asyncio.to_thread(sessions.sign_out, token, ip=_ip(request))
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE, path="/")
    response.delete_cookie(SECURE_COOKIE, path="/", secure=True)
    return response


async def _let_in(request: Request, member: sessions.Member, method: str, to: str) -> Response:
    """Who has shown who they are gets a session: the one place where a sign-in of any kind ends."""
    token = await asyncio.to_thread(sessions.let_in, member, method=method, ip=_ip(request), user_agent=_agent(request))
    return _signed_in(request, token, to)


async def _form(request: Request) -> dict[str, str]:
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > FORM_BYTES:
        return {}
    form = await request.form(max_files=0, max_fields=20)
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _signed_in(request: Request, token: str, to: str) -> Response:
    secure = _is_secure(request)
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


def _back(request: Request, page: str, refused: forms.Refused, status: int = 303) -> Response:
    """To the page again, which says why in the reader's language and shows what was typed, but never a password."""
    address = f"{page}{'&' if '?' in page else '?'}again=1"
    if status == 303:
        response: Response = RedirectResponse(address, 303)
    else:  # a browser follows the refresh, a program reads the status
        refresh = f'<!doctype html><title>Masteria</title><meta http-equiv="refresh" content="0;url={address}">'
        response = HTMLResponse(refresh, status, {"retry-after": str(attempts.WINDOW_SECONDS)})
    response.set_cookie(
        forms.COOKIE,
        forms.write(refused),
        max_age=forms.SECONDS,
        path="/",
        httponly=True,
        samesite="lax",
        secure=_is_secure(request),
    )
    return response


def _is_secure(request: Request) -> bool:
    return request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"


def _ip(request: Request) -> str:
    return request.client.host if request.client else ""


def _agent(request: Request) -> str:
    return request.headers.get("user-agent", "")


routes = [
    Route("/", home, methods=["GET"]),
    Route("/auth/login", login, methods=["POST"]),
    Route("/auth/setup", setup, methods=["POST"]),
    Route("/auth/logout", logout, methods=["POST"]),
]
