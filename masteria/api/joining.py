"""The form of an invite: who is signed in joins with one button, somebody new with a name and a password."""

from __future__ import annotations

import asyncio
from urllib.parse import quote
from uuid import UUID

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from masteria.actions import devices, invites
from masteria.api.entry import (
    HOME,
    address,
    back,
    fields,
    find_person,
    from_our_pages,
    let_in,
    session_token,
    too_often,
    with_session,
    wrong,
)
from masteria.core import attempts, forms
from masteria.kit.errors import Conflict, Invalid, NotFound

FORM = "invite"


@from_our_pages
async def join(request: Request) -> Response:
    """The invite is used here and not by opening its page."""
    form = await fields(request)
    page = f"/invite?token={quote(form.get('token', ''))}"
    page += f"&proof={quote(form['proof'])}" if form.get("proof") else ""
    typed = {name: form.get(name, "") for name in ("name", "email")}
    actor = await find_person(request)
    try:
        if actor is not None and actor.person_id is not None:
            return await _one_more(request, form, actor.person_id)
        return await _newcomer(request, form, page, typed)
    except Invalid as error:
        return wrong(request, page, FORM, error, typed)
    except Conflict as error:
        return back(request, page, forms.Refused(FORM, "", error.reason, typed=typed))
    except NotFound:
        return back(request, page, forms.Refused(FORM, "", "invite_unknown", typed=typed))


async def _one_more(request: Request, form: dict[str, str], person_id: UUID) -> Response:
    member = await asyncio.to_thread(invites.join, form.get("token", ""), person_id)
    token, announce = await asyncio.to_thread(
        devices.move, session_token(request), str(member.company_id), ip=address(request)
    )
    response = with_session(request, token, HOME)
    response.background = BackgroundTask(announce)  # once the browser has the new cookie
    return response


async def _newcomer(request: Request, form: dict[str, str], page: str, typed: dict[str, str]) -> Response:
    begun = await asyncio.to_thread(attempts.sign_up, typed["email"].strip().lower(), address(request))
    if begun.wait:
        return too_often(request, page, FORM, begun, typed)
    newcomer = await asyncio.to_thread(
        invites.Newcomer.checked, typed["name"], typed["email"], form.get("password", ""), form.get("language", "")
    )
    member = await asyncio.to_thread(invites.register, form.get("token", ""), form.get("proof", ""), newcomer)
    await asyncio.to_thread(attempts.forgive, begun)
    return await let_in(request, member, "invite", HOME)


routes = [Route("/auth/invite", join, methods=["POST"])]
