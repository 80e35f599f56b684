"""A new password or address for who is signed in: plain forms, so that no password passes through the screens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from masteria.actions import recovery
from masteria.api.entry import address, back, fields, find_person, from_our_pages, too_often, wrong
from masteria.core import attempts, forms
from masteria.core.access import Actor
from masteria.kit.errors import Conflict, Invalid

PAGE = "/settings/account"


@from_our_pages
async def password(request: Request) -> Response:
    """The old one, then the new one; other devices are signed out."""
    form = await fields(request)
    old, new = form.get("old_password", ""), form.get("password", "")
    return await _do(request, "password", {}, lambda actor: recovery.change_password(actor, old, new))


@from_our_pages
async def email(request: Request) -> Response:
    """A link goes to the new address, a word to the old one."""
    form = await fields(request)
    wanted, proof = form.get("email", ""), form.get("old_password", "")
    return await _do(request, "email", {"email": wanted}, lambda actor: recovery.ask_new_email(actor, wanted, proof))


async def _do(request: Request, name: str, typed: dict[str, str], change: Callable[[Actor], None]) -> Response:
    actor = await find_person(request)
    if actor is None:
        return RedirectResponse(f"/login?next={PAGE}", 303)
    begun = await asyncio.to_thread(attempts.proof, actor.person_id)
    if begun.wait:
        return too_often(request, PAGE, name, begun, typed)
    try:
        await asyncio.to_thread(change, replace(actor, ip=address(request)))
    except Invalid as error:
        if error.field != "old_password":  # the proof was right: what is wrong is something else
            await asyncio.to_thread(attempts.forgive, begun)
        return wrong(request, PAGE, name, error, typed)
    except Conflict as error:
        return back(request, PAGE, forms.Refused(name, "", error.reason, typed=typed))
    await asyncio.to_thread(attempts.forgive, begun)
    return RedirectResponse(f"{PAGE}?done={name}", 303)


routes = [Route("/auth/password", password, methods=["POST"]), Route("/auth/email", email, methods=["POST"])]
