"""Who comes by another provider and is nobody here yet: the name of their company, and a proof of their address.

Until the address is proven nothing of them is stored; what the provider said waits in a sealed cookie. The link of the
mail works only in the browser that holds it, so whoever reads somebody's mail cannot finish what a stranger began.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from masteria.actions import credentials, logins
from masteria.api import halfway
from masteria.api.entry import address, back, fields, from_our_pages, is_secure, let_in, too_often, wrong
from masteria.config import settings
from masteria.core import attempts, forms, parcels
from masteria.kit.errors import Conflict, Invalid
from masteria.providers.base import Vouched

PURPOSE, MAILED = "newcomer", "newcomer-mail"
PAGE, FORM = "/login/new", "newcomer"
MINUTES = 30
FIRST_STOP = "/channels"


async def receive(request: Request, vouched: Vouched, to: str, invite: str) -> Response:
    """To the page that asks what is still missing; an invited person with a proven address needs nothing more."""
    if invite and vouched.email_verified:
        member = await asyncio.to_thread(logins.join_by_invite, vouched, invite, ip=address(request))
        return await let_in(request, member, vouched.provider, to)
    response = RedirectResponse(PAGE, 303)
    content = {"vouched": asdict(vouched), "invite": invite, "key": secrets.token_urlsafe(16)}
    halfway.keep(response, PURPOSE, content, minutes=MINUTES, secure=is_secure(request))
    return response


@from_our_pages
async def finish(request: Request) -> Response:
    """The form of that page: the company, and for an address that is not proven the address."""
    content, form = halfway.kept(request, PURPOSE), await fields(request)
    if not content:
        return back(request, "/login", forms.Refused("login", "", "login_state"))
    vouched, typed = Vouched(**content["vouched"]), {name: form.get(name, "") for name in ("company", "email")}
    try:
        if vouched.email_verified:
            return await _founded(request, vouched, typed["company"])
        return await _asked(request, content, vouched, typed)
    except Invalid as error:
        return wrong(request, PAGE, FORM, error, typed)
    except Conflict as error:
        return back(request, "/login", forms.Refused("login", "", error.reason))


async def confirm(request: Request) -> Response:
    """The link of the mail: the address is proven, in the browser that began."""
    mailed = parcels.unpack(MAILED, request.query_params.get("token", "")) or {}
    content = halfway.kept(request, PURPOSE)
    key = str(mailed.get("key", ""))
    if not key or not hmac.compare_digest(key, str(content.get("key", ""))):
        return back(request, "/login", forms.Refused("login", "", "login_other_browser"))
    if not await asyncio.to_thread(attempts.once, f"newcomer {key} {mailed['email']}"):
        return back(request, "/login", forms.Refused("login", "", "login_state"))
    vouched = replace(Vouched(**content["vouched"]), email=mailed["email"], email_verified=True)
    try:
        member = await asyncio.to_thread(logins.arrive, vouched, ip=address(request))
        if member is not None:
            return await let_in(request, member, vouched.provider, FIRST_STOP)
        if content["invite"]:
            return await receive(request, vouched, FIRST_STOP, content["invite"])
        return await _founded(request, vouched, mailed["company"])
    except (Conflict, Invalid) as error:
        return back(request, "/login", forms.Refused("login", "", error.reason))


async def _founded(request: Request, vouched: Vouched, company: str) -> Response:
    member = await asyncio.to_thread(logins.found_company, vouched, company, ip=address(request))
    response = await let_in(request, member, vouched.provider, FIRST_STOP)
    halfway.drop(response, PURPOSE)
    return response


async def _asked(request: Request, content: dict[str, Any], vouched: Vouched, typed: dict[str, str]) -> Response:
    email = credentials.checked_email(typed["email"])
    company = "" if content["invite"] else credentials.checked_name(typed["company"], "company")
    begun = await asyncio.to_thread(attempts.letters, email, address(request))
    if begun.wait:
        return too_often(request, PAGE, FORM, begun, typed)
    mailed = {"key": content["key"], "email": email, "company": company}
    token = parcels.pack(MAILED, mailed, minutes=MINUTES)
    link = f"{settings().public_url}/auth/newcomer?{urlencode({'token': token})}"
    await asyncio.to_thread(logins.ask_for_proof, vouched, email, link)
    return RedirectResponse(f"{PAGE}?{urlencode({'sent': email})}", 303)


routes = [
    Route("/auth/newcomer", finish, methods=["POST"]),
    Route("/auth/newcomer", confirm, methods=["GET"]),
]
