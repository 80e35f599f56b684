"""Is it alive, is it ready, what does it count."""

from __future__ import annotations

import asyncio
import hmac

import sqlalchemy as sa
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis import RedisError
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from masteria.config import settings
from masteria.core import migrate
from masteria.core.db import APP, engine
from masteria.core.redis import bells


async def alive(_request: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("ok")


async def ready(_request: Request) -> Response:
    """Database, Redis and migrations; 503 with the reasons otherwise."""
    problems = await asyncio.to_thread(_problems)
    return JSONResponse({"ready": not problems, "problems": problems}, 503 if problems else 200)


async def metrics(request: Request) -> Response:
    """Prometheus text: with METRICS_TOKEN set for who knows it, else for this machine only."""
    wanted, given = settings().metrics_token, request.headers.get("authorization", "").removeprefix("Bearer ")
    local = (
        request.client is not None
        and request.client.host in ("127.0.0.1", "::1")
        and "x-forwarded-for" not in request.headers
    )
    if not (hmac.compare_digest(wanted.encode(), given.encode()) if wanted else local):
        return PlainTextResponse("not allowed", 401)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _problems() -> list[str]:
    found = []
    try:
        with engine(APP).connect() as connection:
            connection.execute(sa.text("select 1"))
        if not migrate.is_current():
            found.append("migrations are missing: run masteria migrate")
    except SQLAlchemyError:
        found.append("the database does not answer")
    try:
        bells().ping()
    except RedisError:
        found.append("Redis does not answer")
    return found


routes = [
    Route("/healthz", alive, methods=["GET"]),
    Route("/readyz", ready, methods=["GET"]),
    Route("/metrics", metrics, methods=["GET"]),
]
