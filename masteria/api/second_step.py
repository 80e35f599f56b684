"""The code after the password, and showing again who is sitting there before something dangerous."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from masteria.actions import proofs, second_steps, sessions
from masteria.api import halfway
from masteria.api.entry import (
    CODE_PAGE,
    SECOND_STEP,
    address,
    agent,
    back,
    fields,
    find_person,
    from_our_pages,
    local_path,
    with_session,
)
from masteria.core import attempts, forms
from masteria.core.access import Actor
from masteria.kit.errors import Conflict, Invalid


@from_our_pages
async def code(request: Request) -> Response:
    """A code of the authenticator, or one of the ten: then the session begins. Five wrong ones, and all starts over."""
    content, typed = halfway.kept(request, SECOND_STEP), await fields(request)
    ticket = str(content.get("ticket", ""))
    person_id = await asyncio.to_thread(second_steps.waiting, ticket) if ticket else None
    if person_id is None:
        return _over(request, "code_late")
    begun = await asyncio.to_thread(attempts.code, person_id, ticket)
    if begun.wait:
        await asyncio.to_thread(second_steps.start_over, person_id)
        return _over(request, "code_over", wait=begun.wait)
    try:
        person_id = await asyncio.to_thread(second_steps.pass_on, ticket, typed.get("code", ""))
    except Invalid:
        return back(request, CODE_PAGE, forms.Refused("code", "code", "code_wrong"))
    except Conflict as error:
        return _over(request, "code_late" if error.reason.startswith("link_") else error.reason)
    await asyncio.to_thread(attempts.forgive, begun)
    token = await asyncio.to_thread(
        sessions.let_in_person,
        person_id,
        method=f"{content['method']}+code",
        ip=address(request),
        user_agent=agent(request),
    )
    response = with_session(request, token, local_path(str(content.get("next", ""))))
    halfway.drop(response, SECOND_STEP)
    return response


@from_our_pages
async def prove(request: Request) -> Response:
    """The password (for who has none, a code) of whoever is signed in: for ten minutes dangerous acts are not asked again.

    204; 401 when it is wrong or nobody is signed in; 429 after five wrong ones. So answers `off` as well.
    """
    return await _shown(request, lambda actor, form: proofs.prove(actor, form.get("secret", "")))


@from_our_pages
async def off(request: Request) -> Response:
    """Only the first step from now on: by the password and a code."""

    def switch(actor: Actor, form: dict[str, str]) -> None:
        person_id = proofs.person_of(actor)
        second_steps.switch_off(person_id, form.get("password", ""), form.get("code", ""), ip=address(request))

    return await _shown(request, switch)


async def _shown(request: Request, act: Callable[[Actor, dict[str, str]], None]) -> Response:
    """Do it if what was typed is right, counting the tries; a program and the page's own script read the status."""
    actor = await find_person(request)
    if actor is None or actor.person_id is None:
        return JSONResponse({"code": "signed_out"}, 401)
    begun = await asyncio.to_thread(attempts.proof, actor.person_id)
    if begun.wait:
        return JSONResponse({"code": "slow"}, 429, {"retry-after": str(begun.wait)})
    try:
        await asyncio.to_thread(act, actor, await fields(request))
    except Invalid as error:
        return JSONResponse({"code": error.reason}, 401)
    await asyncio.to_thread(attempts.forgive, begun)
    return Response(status_code=204)


def _over(request: Request, reason: str, *, wait: int = 0) -> Response:
    response = back(request, "/login", forms.Refused("login", "", reason, -(-wait // 60)), wait=wait)
    halfway.drop(response, SECOND_STEP)
    return response


routes = [
    Route("/auth/code", code, methods=["POST"]),
    Route("/auth/prove", prove, methods=["POST"]),
    Route("/auth/second-step/off", off, methods=["POST"]),
]
