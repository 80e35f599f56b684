"""Who is calling: an API key, a person's token, or their session when a page of ours asks. And how often they may."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from prometheus_client import Counter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from masteria.actions import keys, refusals, sessions, tokens
from masteria.api.entry import session_token
from masteria.api.problems import SignedOut, TooOften, request_id
from masteria.core.access import Actor
from masteria.core.limits import Allowance, Rule, ask_all

READS = frozenset({"GET", "HEAD"})
REJECTED = Counter("masteria_rate_limit_rejections_total", "Requests refused because a limit was used up", ["scope"])


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests a minute: of one key or person, of all of a company together, and from one address."""

    caller: int = 1200
    company: int = 3600
    ip: int = 2400

    def of_address(self, ip: str) -> list[Rule]:
        return [Rule(f"ip:{ip}", self.ip, 60)]

    def of_caller(self, actor: Actor) -> list[Rule]:
        scope = "key" if actor.api_key_id else "user"
        own = Rule(f"{scope}:{actor.api_key_id or actor.person_id}", self.caller, 60)
        return [own, Rule(f"company:{actor.company_id}", self.company, 60)]


async def find(request: Request) -> Actor:
    """The caller, counted. `SignedOut` if there is none, `TooOften` if a limit is used up."""
    return await run_in_threadpool(_find, request)


async def count_address(request: Request) -> None:
    """For doors that let strangers knock: `TooOften` if the address did so too often."""
    await run_in_threadpool(_count, request, request.app.state.limits.of_address(address_of(request)))


async def refuse(request: Request, actor: Actor, why: str) -> None:
    """Write down that somebody known was not let through this door."""
    await run_in_threadpool(refusals.note, actor, door_of(request), why)


def address_of(request: Request) -> str:
    """Of the socket, or what a proxy that the server trusts says; never what the caller writes into a header."""
    return request.client.host if request.client else ""


def door_of(request: Request) -> str:
    """`GET /contacts/{contact_id}`: the door, whatever stands in the address."""
    return f"{request.method} {getattr(request.scope.get('route'), 'path', '')}"


def _find(request: Request) -> Actor:
    limits: Limits = request.app.state.limits
    ip = address_of(request)
    _count(request, limits.of_address(ip))
    actor = _by_bearer(request, ip) or _by_session(request)
    if actor is None:
        raise SignedOut
    actor = replace(actor, request_id=request_id(request), ip=ip)
    _count(request, limits.of_caller(actor))
    return actor


def _by_bearer(request: Request, ip: str) -> Actor | None:
    header = request.headers.get("authorization", "")
    scheme, _, text = header.partition(" ")
    if header and scheme.lower() != "bearer":
        raise SignedOut
    text = text.strip()
    if not text.startswith(keys.KEY_PREFIX):
        return tokens.find_token_actor(text) if text else None
    try:
        return keys.find_key_actor(text, ip)
    except keys.KeyRefused as error:
        refusals.note(replace(error.actor, request_id=request_id(request)), door_of(request), f"key_{error.reason}")
        if error.reason == "address":
            raise
        raise SignedOut(f"key_{error.reason}") from None


def _by_session(request: Request) -> Actor | None:
    """A cookie travels with requests that other sites start, so it counts only for those that ours did."""
    token = session_token(request)
    if "authorization" in request.headers or not token or not _is_ours(request):
        return None
    return sessions.find_actor(token)


def _is_ours(request: Request) -> bool:
    """From a page of ours; a read may also be an address that the person opened."""
    reads = request.method in READS
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin" or (reads and site == "none")
    origin = request.headers.get("origin")
    return urlsplit(origin).netloc == request.headers.get("host") if origin else reads


def _count(request: Request, rules: list[Rule]) -> None:
    allowance = ask_all(rules)
    request.scope["state"]["allowance"] = _tighter(request.scope["state"].get("allowance"), allowance)
    if not allowance.allowed:
        REJECTED.labels(allowance.rule.scope).inc()
        raise TooOften(max(1, math.ceil(allowance.wait_ms / 1000)))


def _tighter(one: Allowance | None, other: Allowance) -> Allowance:
    return other if one is None or other.remaining <= one.remaining else one
