"""Sign-in, first run, sign-out and the change of company: plain routes, which alone set or clear the session cookie."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from masteria.actions import accounts, devices, sessions
from masteria.api.entry import (
    HOME,
    address,
    agent,
    back,
    fields,
    from_our_pages,
    let_in,
    local_path,
    own_token,
    session_token,
    too_often,
    with_session,
    without_session,
    wrong,
)
from masteria.core import attempts, forms
from masteria.kit.errors import Conflict, Invalid, NotFound


async def home(request: Request) -> Response:
    """`/` leads to work, or to the sign-in."""
    return RedirectResponse(HOME if session_token(request) else "/login", 303)


@from_our_pages
async def login(request: Request) -> Response:
    """E-mail and password; the same answer for an unknown address and a wrong password. Too many tries: 429."""
    form = await fields(request)
    email, target = form.get("email", "").strip().lower(), local_path(form.get("next", ""))
    typed, ip = {"email": email, "next": target}, address(request)
    begun = await asyncio.to_thread(attempts.sign_in, email, ip)
    if begun.wait:
        return too_often(request, "/login", "login", begun, typed)
    try:
        member = await asyncio.to_thread(sessions.check_password, email, form.get("password", ""), ip=ip)
    except Invalid:
        return back(request, "/login", forms.Refused("login", "", "wrong", typed=typed))
    except Conflict as error:  # the right person, with nowhere to go
        return back(request, "/login", forms.Refused("login", "", error.reason, typed=typed))
    await asyncio.to_thread(attempts.forgive, begun)
    return await let_in(request, member, sessions.PASSWORD, target)


@from_our_pages
async def setup(request: Request) -> Response:
    """The first company and its owner; needs the token of the link that the console showed."""
    form = await fields(request)
    typed = {name: form.get(name, "") for name in ("company", "name", "email")}
    page = f"/setup?token={quote(form.get('token', ''))}"
    if not accounts.setup_token_is_right(form.get("token", "")):
        return back(request, page, forms.Refused("setup", "", "link_wrong", typed=typed))
    try:
        token = await asyncio.to_thread(
            accounts.sign_up,
            typed["company"],
            typed["name"],
            typed["email"],
            form.get("password", ""),
            ip=address(request),
            user_agent=agent(request),
        )
    except Conflict:
        return back(request, "/login", forms.Refused("login", "", "done", typed={"email": typed["email"]}))
    except Invalid as error:
        return wrong(request, page, "setup", error, typed)
    return with_session(request, token, "/channels")


@from_our_pages
async def logout(request: Request) -> Response:
    """This session ends here and everywhere it is open."""
    for token in filter(None, (session_token(request), own_token(request))):
        await asyncio.to_thread(sessions.sign_out, token, ip=address(request))
    return without_session("/login")


@from_our_pages
async def company(request: Request) -> Response:
    """On in another company of the same person: a session of its own, so that no open page mixes the two."""
    form = await fields(request)
    try:
        token, announce = await asyncio.to_thread(
            devices.move, session_token(request), form.get("company_id", ""), ip=address(request)
        )
    except NotFound:
        return RedirectResponse(HOME, 303)
    response = with_session(request, token, HOME)
    # only once the browser has the new cookie: the pages that are thrown out then find it
    response.background = BackgroundTask(announce)
    return response


routes = [
    Route("/", home, methods=["GET"]),
    Route("/auth/login", login, methods=["POST"]),
    Route("/auth/setup", setup, methods=["POST"]),
    Route("/auth/logout", logout, methods=["POST"]),
    Route("/auth/company", company, methods=["POST"]),
]
