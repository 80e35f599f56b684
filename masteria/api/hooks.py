"""Webhook doors: check the signature over the raw bytes, keep the body, answer at once. All work comes later.

Bodies that arrive together are kept in one insert (group commit): callers wait until theirs is durable.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from prometheus_client import Counter, Histogram
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from masteria.actions import intake
from masteria.channels import meta_inbound
from masteria.core.access import Actor
from masteria.core.work import work_across, work_as
from masteria.kit.errors import NotFound
from masteria.kit.ids import parse_id
from masteria.models import Connection

log = logging.getLogger(__name__)
MAX_BODY = 3 * 1024 * 1024  # Meta's own limit for one delivery
GROUP_SECONDS = 0.005
GROUP_SIZE = 500
KNOWN_SECONDS = 5.0
REFUSED = Counter("masteria_webhook_refused_total", "Webhooks refused before anything was kept", ["reason"])
INGEST = Histogram("masteria_webhook_ingest_seconds", "From arrival to durable")


@dataclass(frozen=True, slots=True)
class Door:
    """What checking a delivery needs."""

    company_id: UUID
    connection_id: UUID
    app_secret: str
    verify_token: str


async def handshake(request: Request) -> Response:
    """Meta proves that it knows our token; we answer with exactly its challenge."""
    query = request.query_params
    challenge, given = query.get("hub.challenge", ""), query.get("hub.verify_token", "")
    connection_id = request.path_params.get("connection_id")
    doors = [await _door(connection_id)] if connection_id else await asyncio.to_thread(_all_doors)
    right = any(d and hmac.compare_digest(d.verify_token.encode(), given.encode()) for d in doors)
    if query.get("hub.mode") != "subscribe" or not right:
        return PlainTextResponse("wrong token", 403)
    return PlainTextResponse(challenge)


async def receive(request: Request) -> Response:
    """One delivery. 401 unsigned, 400 no JSON, 413 too large, 503 while the database is away; 200 once it is kept."""
    began = time.monotonic()
    raw = await _body(request)
    if raw is None:
        return PlainTextResponse("too large", 413)
    try:
        door, status = await _check(request, raw)
        if door is None:
            return PlainTextResponse("refused", status)
        await _group(door, raw)
    except SQLAlchemyError:
        log.warning("a webhook could not be kept; the sender will repeat it", exc_info=True)
        return PlainTextResponse("not now", 503)
    INGEST.observe(time.monotonic() - began)
    return PlainTextResponse("ok")


async def _check(request: Request, raw: bytes) -> tuple[Door | None, int]:
    given = request.path_params.get("connection_id")
    header = request.headers.get("x-hub-signature-256")
    doors = [await _door(given)] if given else await _doors_for(raw)
    for door in doors:
        if door is None:
            continue
        if meta_inbound.signature_is_right(raw, header, [door.app_secret]):
            if meta_inbound.decode(raw) is None:
                REFUSED.labels("not_json").inc()
                return None, 400
            return door, 200
        await asyncio.to_thread(_count, door)
    REFUSED.labels("signature").inc()
    return None, 401


async def _doors_for(raw: bytes) -> list[Door | None]:
    """The shared address: the body says which number it is for; only that number's secret makes it true."""
    body = meta_inbound.decode(raw) or {}
    return await asyncio.to_thread(_find_doors, meta_inbound.numbers_of(body)[:5], meta_inbound.accounts_of(body)[:5])


def _find_doors(numbers: list[str], accounts: list[str]) -> list[Door | None]:
    with work_across() as database:
        query = sa.text(
            """select company_id, id from connection where external_id = any(:numbers)
               or (cardinality(cast(:numbers as text[])) = 0 and account_id = any(:accounts)) limit 5"""
        )
        rows = database.execute(query, {"numbers": numbers, "accounts": accounts}).all()  # pyright: ignore[reportDeprecated]
    return [_open(*row) for row in rows]


def _all_doors() -> list[Door | None]:
    """The shared address does not say which number it is for: any of the installation's tokens will do."""
    with work_across() as database:
        rows = database.execute(sa.text("select company_id, id from connection limit 1000")).all()  # pyright: ignore[reportDeprecated]
    return [_open(*row) for row in rows]


async def _door(given: str | None) -> Door | None:
    """A connection by its id, at most five seconds old."""
    if not given:
        return None
    known = _KNOWN.get(given)
    if known is None or known[0] < time.monotonic():
        known = (time.monotonic() + KNOWN_SECONDS, await asyncio.to_thread(_find, given))
        if len(_KNOWN) > 10_000:
            _KNOWN.clear()
        _KNOWN[given] = known
    return known[1]


def _find(given: str) -> Door | None:
    try:
        connection_id = parse_id(given)
    except NotFound:
        return None
    with work_across() as database:
        query = sa.text("select company_id from connection where id = :id")
        company_id = database.scalar(query, {"id": connection_id})
    return _open(company_id, connection_id) if company_id else None


def _open(company_id: UUID, connection_id: UUID) -> Door:
    with work_as(Actor.system(company_id)) as work:
        row = work.get(Connection, connection_id)
        return Door(company_id, connection_id, row.app_secret, row.verify_token)


def _count(door: Door) -> None:
    with work_as(Actor.system(door.company_id)) as work:
        intake.count_bad_signature(work, door.connection_id)


async def _body(request: Request) -> bytes | None:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY:
            return None
        parts.append(part)
    return b"".join(parts)


async def _group(door: Door, raw: bytes) -> None:
    """Wait until this body is durable together with those that came within the same few milliseconds."""
    loop = asyncio.get_running_loop()
    mine: asyncio.Future[None] = loop.create_future()
    waiting = _WAITING[door.company_id, door.connection_id]
    waiting.append((raw, mine))
    if len(waiting) == 1:
        task = loop.create_task(_flush(door))
        _TASKS.add(task)
        task.add_done_callback(_TASKS.discard)
    await mine


async def _flush(door: Door) -> None:
    await asyncio.sleep(GROUP_SECONDS)
    group = _WAITING.pop((door.company_id, door.connection_id), [])
    for start in range(0, len(group), GROUP_SIZE):
        part = group[start : start + GROUP_SIZE]
        try:
            await asyncio.to_thread(_keep, door, [raw for raw, _ in part])
        except Exception as error:
            for _, future in part:
                if not future.done():
                    future.set_exception(error)
        else:
            for _, future in part:
                if not future.done():
                    future.set_result(None)


def _keep(door: Door, bodies: list[bytes]) -> None:
    with work_as(Actor.system(door.company_id)) as work:
        intake.take_in(work, door.connection_id, bodies)


_KNOWN: dict[str, tuple[float, Door | None]] = {}
_WAITING: defaultdict[tuple[UUID, UUID], list[tuple[bytes, asyncio.Future[None]]]] = defaultdict(list)
_TASKS: set[asyncio.Task[None]] = set()

routes = [
    Route("/webhooks/meta", handshake, methods=["GET"]),
    Route("/webhooks/meta", receive, methods=["POST"]),
    Route("/webhooks/meta/{connection_id}", handshake, methods=["GET"]),
    Route("/webhooks/meta/{connection_id}", receive, methods=["POST"]),
]
