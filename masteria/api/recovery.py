"""Sign-up, the confirmed address, the forgotten password: plain forms, whose answers never say whom we know."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from masteria.actions import accounts, recovery, sessions
from masteria.api.entry import address, back, fields, find_person, from_our_pages, let_in, too_often, wrong
from masteria.config import settings
from masteria.core import attempts, forms
from masteria.enums import TicketPurpose
from masteria.kit.errors import Conflict, Invalid

TYPED = ("company", "name", "email")


@from_our_pages
async def sign_up(request: Request) -> Response:
    """A company of one's own. The answer is: look into your mail; whether the address is new is found out after it."""
    form = await fields(request)
    typed = {name: form.get(name, "") for name in TYPED}
    if settings().sign_up != "open":
        return back(request, "/signup", forms.Refused("signup", "", "sign_up_closed", typed=typed))
    begun = await asyncio.to_thread(attempts.sign_up, typed["email"].strip().lower(), address(request))
    if begun.wait:
        return too_often(request, "/signup", "signup", begun, typed)
    if await asyncio.to_thread(accounts.needs_setup):
        return back(request, "/signup", forms.Refused("signup", "", "setup_first", typed=typed))
    try:
        wanted = await asyncio.to_thread(
            accounts.NewOwner.checked,
            typed["company"],
            typed["name"],
            typed["email"],
            form.get("password", ""),
            language=form.get("language", ""),
        )
    except Invalid as error:
        return wrong(request, "/signup", "signup", error, typed)
    answer = _sent("signup")
    answer.background = BackgroundTask(accounts.register, wanted)
    return answer


@from_our_pages
async def forgot(request: Request) -> Response:
    """A link for a new password, if somebody has the address: found out only after the answer has gone."""
    email = (await fields(request)).get("email", "").strip().lower()
    begun = await asyncio.to_thread(attempts.letters, email, address(request))
    if begun.wait:
        return too_often(request, "/forgot", "forgot", begun, {"email": email})
    answer = _sent("forgot")
    answer.background = BackgroundTask(recovery.ask_reset, email)
    return answer


@from_our_pages
async def reset(request: Request) -> Response:
    """A new password by the link; then the sign-in, where the second step waits for who has one."""
    form = await fields(request)
    token = form.get("token", "")
    page = f"/reset?token={quote(token)}"
    try:
        await asyncio.to_thread(recovery.reset, token, form.get("password", ""), ip=address(request))
    except Invalid as error:
        return wrong(request, page, "reset", error, {})
    except Conflict as error:
        return back(request, page, forms.Refused("reset", "", error.reason))
    return RedirectResponse("/login?done=reset", 303)


@from_our_pages
async def verify(request: Request) -> Response:
    """The link of a letter is used here and not by opening it: scanners of mail open every link."""
    form = await fields(request)
    token, ip, page = form.get("token", ""), address(request), f"/verify?token={quote(form.get('token', ''))}"
    actor = await find_person(request)
    begun = await asyncio.to_thread(attempts.sign_in, token[:80], ip)
    if begun.wait:
        return too_often(request, page, "verify", begun, {})
    try:
        if await asyncio.to_thread(recovery.purpose_of, token) == TicketPurpose.CHANGE_EMAIL:
            await asyncio.to_thread(recovery.change_email, token, ip=ip)
            return RedirectResponse("/settings/account" if actor else "/login?done=email", 303)
        known = actor.person_id if actor else None
        member = await asyncio.to_thread(
            recovery.verify, token, person_id=known, password=form.get("password", ""), ip=ip
        )
        await asyncio.to_thread(attempts.forgive, begun)
        if known == member.person_id:
            return RedirectResponse("/channels", 303)
        return await let_in(request, member, sessions.PASSWORD, "/channels")
    except Invalid:
        return back(request, page, forms.Refused("verify", "password", "wrong_password"))
    except Conflict as error:
        return back(request, page, forms.Refused("verify", "", error.reason))


def _sent(form: str) -> Response:
    """The page again, which now says where to look; what was typed is in no address."""
    return RedirectResponse(f"/{form}?sent=1", 303)


routes = [
    Route("/auth/signup", sign_up, methods=["POST"]),
    Route("/auth/forgot", forgot, methods=["POST"]),
    Route("/auth/reset", reset, methods=["POST"]),
    Route("/auth/verify", verify, methods=["POST"]),
]
