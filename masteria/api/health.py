"""Alive, ready, measured: what a supervisor, a load balancer and Prometheus ask."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import sqlalchemy as sa
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis import Redis, RedisError
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from masteria.api import gauges
from masteria.config import settings
from masteria.core import migrate
from masteria.core.db import APP, engine
from masteria.core.redis import bell_url

OK = "ok"
CHECK_SECONDS = 4


async def healthz(request: Request) -> Response:
    """The process runs."""
    return JSONResponse({"status": OK})


async def readyz(request: Request) -> Response:
    """Whether requests can be served: 503 with the reason of each part that is not there."""
    parts: dict[str, Callable[[], str]] = {"database": _database, "migrations": _migrations, "redis": _redis}
    found = dict(zip(parts, await asyncio.gather(*map(_within, parts.values())), strict=True))
    ready = all(state == OK for state in found.values())
    content = {"status": "ready" if ready else "not ready", "checks": found}
    return JSONResponse(content, 200 if ready else 503, headers={"cache-control": "no-store"})


async def _within(check: Callable[[], str]) -> str:
    """A part that hangs is not there. The checks have threads of their own: hanging ones hold up nobody else."""
    try:
        return await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(_threads(), check), CHECK_SECONDS)
    except TimeoutError:
        return f"no answer within {CHECK_SECONDS} s"


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(6, thread_name_prefix="ready")


async def metrics(request: Request) -> Response:
    """Prometheus text; with `METRICS_TOKEN` by its bearer, without only from this machine."""
    token = settings().metrics_token
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token and not hmac.compare_digest(given.encode(), token.encode()):
        return PlainTextResponse("wrong token", 401, headers={"www-authenticate": "Bearer"})
    if not token and not _is_local(request):
        return PlainTextResponse("set METRICS_TOKEN to read this from elsewhere", 403)
    await asyncio.to_thread(gauges.measure)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST, headers={"cache-control": "no-store"})


def _is_local(request: Request) -> bool:
    """Behind a proxy everybody comes from this machine, so a forwarded request is not local."""
    if request.client is None or "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _database() -> str:
    try:
        with engine(APP).connect() as connection:
            connection.execute(sa.text("select 1"))
        return OK
    except SQLAlchemyError as error:
        return f"unreachable ({type(error).__name__})"


def _migrations() -> str:
    try:
        return OK if migrate.is_current() else "behind: run `masteria migrate`"
    except SQLAlchemyError as error:
        return f"unknown ({type(error).__name__})"


def _redis() -> str:
    client = Redis.from_url(bell_url(), socket_timeout=1, socket_connect_timeout=1)
    try:
        client.ping()
        return OK
    except (RedisError, OSError) as error:
        return f"unreachable ({type(error).__name__})"
    finally:
        client.close()


routes = [
    Route("/healthz", healthz, methods=["GET"]),
    Route("/readyz", readyz, methods=["GET"]),
]
measured = [Route("/metrics", metrics, methods=["GET"])]
