"""Signing in through Google or Facebook: the way there, the way back, and the last step of who is new.

What must match on the way back (state, nonce, PKCE verifier) rides in a sealed cookie, so only the browser that began can
finish, only with that provider, and only once. `intent` says what for: `sign_in`, or from inside a session `link` (one way
in more) and `prove` (show again who is sitting there).
"""

from __future__ import annotations

import asyncio
import hmac
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from masteria.actions import logins, proofs
from masteria.api import halfway, newcomers
from masteria.api.entry import address, back, find_person, is_secure, let_in, local_path, same_origin, session_token
from masteria.config import settings
from masteria.core import attempts, forms
from masteria.enums import Provider
from masteria.flows import vouching
from masteria.kit.clock import now
from masteria.kit.errors import Conflict, Invalid, NotFound, OutsideError
from masteria.kit.sealing import digest
from masteria.providers.base import Begun, Vouched

MINUTES = 10
ACCOUNT = "/settings/account"
SIGN_IN, LINK, PROVE = "sign_in", "link", "prove"


async def begin(request: Request) -> Response:
    """To the provider's own page."""
    query, kind = request.query_params, _provider(request)
    intent = query.get("intent", SIGN_IN)
    if intent not in (SIGN_IN, LINK, PROVE):
        return PlainTextResponse("unknown intent", 400)
    content: dict[str, Any] = {"intent": intent, "next": local_path(query.get("next", ""))}
    if intent != SIGN_IN:
        # another site may not begin this: it would be done with the reader's session
        actor = await find_person(request)
        if actor is None or not same_origin(request):
            return PlainTextResponse("only from a page of your own session", 403)
        if intent == LINK and not actor.is_proven(now()):
            return _told(request, content, "prove_again")
        content["session"] = digest(session_token(request)).hex()
    else:
        content["invite"] = query.get("invite", "")[:200]
    if kind is None:
        return _told(request, content, "login_off")
    begun = Begun(f"{_origin(request)}/auth/callback/{kind}")
    try:
        target = await asyncio.to_thread(vouching.ask, kind, begun)
    except NotFound:
        return _told(request, content, "login_off")
    except OutsideError:
        return _told(request, content, "login_away")
    response = RedirectResponse(target, 303)
    halfway.keep(
        response, _purpose(kind), {**content, "begun": asdict(begun)}, minutes=MINUTES, secure=is_secure(request)
    )
    return response


async def callback(request: Request) -> Response:
    """Back from the provider's page; whatever comes of it, this attempt is over."""
    kind = _provider(request)
    if kind is None:
        return _told(request, {}, "login_off")
    content = halfway.kept(request, _purpose(kind))
    response = await _finish(request, kind, content)
    halfway.drop(response, _purpose(kind))
    return response


async def _finish(request: Request, kind: Provider, content: dict[str, Any]) -> Response:
    query = request.query_params
    state = str(content.get("begun", {}).get("state", ""))
    is_ours = bool(state) and hmac.compare_digest(state.encode(), query.get("state", "").encode())
    if not is_ours or not _same_issuer(kind, query.get("iss")):
        return _told(request, content, "login_state")
    if not await asyncio.to_thread(attempts.once, f"login {state}"):
        return _told(request, content, "login_state")
    code = query.get("code", "")
    if not code or len(code) > 2048:
        return _told(request, content, "login_denied" if query.get("error") == "access_denied" else "login_failed")
    try:
        vouched = await asyncio.to_thread(vouching.hear, kind, Begun(**content["begun"]), code)
        return await _done(request, content, vouched)
    except OutsideError:
        return _told(request, content, "login_away")
    except (Conflict, Invalid) as error:
        return _told(request, content, error.reason)
    except NotFound:
        return _told(request, content, "login_off")


async def _done(request: Request, content: dict[str, Any], vouched: Vouched) -> Response:
    if content["intent"] == SIGN_IN:
        member = await asyncio.to_thread(logins.arrive, vouched, ip=address(request))
        if member is None:
            return await newcomers.receive(request, vouched, content["next"], content["invite"])
        invite = content["invite"]
        to = f"/invite?{urlencode({'token': invite})}" if invite else content["next"]
        return await let_in(request, member, vouched.provider, to)
    actor = await find_person(request)
    is_same = hmac.compare_digest(content["session"], digest(session_token(request)).hex())
    if actor is None or actor.person_id is None or not is_same:
        raise Conflict("login_state")
    if content["intent"] == PROVE:
        try:
            await asyncio.to_thread(proofs.vouch, actor, vouched.provider, vouched.subject)
        except Invalid:
            raise Conflict("login_not_you") from None
        return RedirectResponse(content["next"], 303)
    await asyncio.to_thread(logins.link, actor, vouched)
    return RedirectResponse(f"{ACCOUNT}?login=linked", 303)


def _told(request: Request, content: dict[str, Any], reason: str) -> Response:
    """Why not: on the sign-in page, or on the account's when it began there."""
    if content.get("intent") in (LINK, PROVE):
        return RedirectResponse(f"{ACCOUNT}?{urlencode({'login': reason})}", 303)
    return back(request, "/login", forms.Refused("login", "", reason, typed={"next": str(content.get("next", ""))}))


def _provider(request: Request) -> Provider | None:
    try:
        return Provider(request.path_params["provider"])
    except ValueError:
        return None


def _purpose(kind: Provider) -> str:
    return f"login-{kind}"


def _same_issuer(kind: Provider, said: str | None) -> bool:
    """Who says that somebody else answers (RFC 9207) is not believed."""
    return kind != Provider.GOOGLE or said is None or said == settings().oauth_google_issuer


def _origin(request: Request) -> str:
    """Where the browser is, if that is an address of ours: its cookies are kept for that one alone."""
    here = f"{request.url.scheme}://{request.headers.get('host', '')}"
    return here if here in settings().origins else settings().public_url


routes = [
    Route("/auth/login/{provider}", begin, methods=["GET"]),
    Route("/auth/callback/{provider}", callback, methods=["GET"]),
    *newcomers.routes,
]
