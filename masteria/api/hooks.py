"""Meta's webhook doors: check the signature over the raw bytes, keep the body, answer at once. All work comes later.

`/webhooks/meta/{connection_id}` is checked with that connection's secret. `/webhooks/meta` finds the connections by the
numbers (else accounts) in the body, and only their secrets make it true; a number we do not know is answered like a
wrong signature, so the address tells nobody which numbers are ours.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Hashable, Iterator
from typing import Any
from uuid import UUID

from prometheus_client import Counter, Histogram
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from masteria.actions import intake
from masteria.actions.intake import Door
from masteria.api.group_commit import GroupCommit
from masteria.channels import meta_inbound
from masteria.channels.values import load
from masteria.core.access import Actor
from masteria.core.work import work_as
from masteria.kit.errors import NotFound
from masteria.kit.ids import parse_id

log = logging.getLogger(__name__)
MAX_BODY = 3 * 1024 * 1024  # Meta's own limit for one delivery
SMALL_BODY = 64 * 1024  # what is larger is decoded in a thread, so that nobody waits behind it
KNOWN_SECONDS = 5.0
MOST_KNOWN = 10_000
MOST_COUNTED = 5  # connections that one refused delivery is counted against
REFUSED = Counter("masteria_webhook_refused_total", "Webhooks refused before anything was kept", ["reason"])
INGEST = Histogram("masteria_webhook_ingest_seconds", "From arrival to durable")
Key = tuple[UUID, UUID]  # company, connection


class Refused(Exception):
    """Not kept, and the status that says why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        REFUSED.labels(reason).inc()


async def handshake(request: Request) -> Response:
    """Meta proves that it knows our token; we answer with exactly its challenge, else 403."""
    given = request.path_params.get("connection_id")
    doors = await _door(given) if given else await _known("all", intake.all_doors)
    challenge = meta_inbound.challenge_of(request.query_params, [door.verify_token for door in doors])
    return PlainTextResponse("wrong token", 403) if challenge is None else PlainTextResponse(challenge)


async def receive(request: Request) -> Response:
    """One delivery. 401 unsigned, 400 no JSON, 413 too large, 503 while the database is away; 200 once it is kept."""
    began = time.monotonic()
    try:
        raw = await _body(request)
        header, given = request.headers.get("x-hub-signature-256"), request.path_params.get("connection_id")
        kept = await (_for_one(given, raw, header) if given else _for_whom_it_says(raw, header))
        await asyncio.gather(*kept)
    except Refused as refused:
        return PlainTextResponse("refused", refused.status)
    except SQLAlchemyError:
        log.warning("a webhook could not be kept; the sender will repeat it", exc_info=True)
        return PlainTextResponse("not now", 503)
    INGEST.observe(time.monotonic() - began)
    return PlainTextResponse("ok")


async def _for_one(given: str, raw: bytes, header: str | None) -> list[asyncio.Future[None]]:
    doors = await _door(given)
    _trusted(doors, raw, header)
    if await _load(raw) is None:
        raise Refused(400, "not_json")
    return [_BODIES.put((door.company_id, door.connection_id), raw) for door in doors]


async def _for_whom_it_says(raw: bytes, header: str | None) -> list[asyncio.Future[None]]:
    body = await _load(raw)
    if body is None:
        raise Refused(401, "signature")  # it names no number, so nobody can vouch for it
    found = meta_inbound.addressees(body)
    doors = await _known(found, lambda: intake.doors_for(found.numbers, found.accounts))
    parts = _parts(body, raw, doors, _trusted(doors, raw, header))
    return [_BODIES.put((door.company_id, door.connection_id), part) for door, part in parts]


def _trusted(doors: list[Door], raw: bytes, header: str | None) -> list[Door]:
    right = {s for s in {d.app_secret for d in doors} if meta_inbound.signature_is_right(raw, header, [s])}
    if right:
        return [door for door in doors if door.app_secret in right]
    for door in doors[:MOST_COUNTED]:
        _BAD.put((door.company_id, door.connection_id), 1).add_done_callback(_report)
    raise Refused(401, "signature")


def _parts(body: dict[str, Any], raw: bytes, doors: list[Door], trusted: list[Door]) -> Iterator[tuple[Door, bytes]]:
    """The body as it came if it is one company's; else each gets what is for its own numbers."""
    alone = len({door.company_id for door in doors}) == 1
    for company_id in dict.fromkeys(door.company_id for door in trusted):
        own = [door for door in trusted if door.company_id == company_id]
        numbers, accounts = {door.number for door in own}, {door.account for door in own}
        part = raw if alone else meta_inbound.portion(body, numbers, accounts)
        if part is not None:
            yield own[0], part


async def _door(given: str) -> list[Door]:
    try:
        connection_id = parse_id(given)
    except NotFound:
        return []
    return await _known(connection_id, lambda: [door for door in [intake.door_of(connection_id)] if door])


async def _known(key: Hashable, look: Callable[[], list[Door]]) -> list[Door]:
    """Doors at most five seconds old: a changed secret holds within that time in every process."""
    known = _KNOWN.get(key)
    if known is None or known[0] < time.monotonic():
        known = (time.monotonic() + KNOWN_SECONDS, await asyncio.to_thread(look))
        if len(_KNOWN) >= MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN[key] = known
    return known[1]


async def _load(raw: bytes) -> dict[str, Any] | None:
    return load(raw) if len(raw) <= SMALL_BODY else await asyncio.to_thread(load, raw)


async def _body(request: Request) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY:
            raise Refused(413, "too_large")
        parts.append(part)
    return b"".join(parts)


def _keep(key: Key, bodies: list[bytes]) -> None:
    with work_as(Actor.system(key[0])) as work:
        intake.take_in(work, key[1], bodies)


def _count(key: Key, knocks: list[int]) -> None:
    with work_as(Actor.system(key[0])) as work:
        intake.count_bad_signatures(work, key[1], sum(knocks))


def _report(counted: asyncio.Future[None]) -> None:
    if not counted.cancelled() and counted.exception():
        log.warning("bad signatures could not be counted: %s", counted.exception())


_KNOWN: dict[Hashable, tuple[float, list[Door]]] = {}
_BODIES: GroupCommit[Key, bytes] = GroupCommit(_keep, seconds=0.005)
_BAD: GroupCommit[Key, int] = GroupCommit(_count, seconds=0.2)  # whoever knocks without end must not fill the database

routes = [
    Route("/webhooks/meta", handshake, methods=["GET"]),
    Route("/webhooks/meta", receive, methods=["POST"]),
    Route("/webhooks/meta/{connection_id}", handshake, methods=["GET"]),
    Route("/webhooks/meta/{connection_id}", receive, methods=["POST"]),
]
