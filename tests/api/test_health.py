"""Alive, ready, measured."""

from __future__ import annotations

import socket

import httpx
from prometheus_client.parser import text_string_to_metric_families

from masteria.api import app as front
from tests.api.api import PLENTY, a_key, client
from tests.cast import Cast

ROOT = "http://testserver"


def caller(host: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(front.build(PLENTY), client=(host, 4711))
    return httpx.AsyncClient(transport=transport, base_url=ROOT)


async def test_alive_and_ready() -> None:
    async with caller("127.0.0.1") as api:
        assert (await api.get("/healthz")).json() == {"status": "ok"}
        ready = await api.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["checks"] == {"database": "ok", "migrations": "ok", "redis": "ok"}


async def test_not_ready_while_the_database_is_away(elsewhere) -> None:
    elsewhere(DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
    async with caller("127.0.0.1") as api:
        answer = await api.get("/readyz")
        assert (await api.get("/healthz")).status_code == 200
    assert answer.status_code == 503
    checks = answer.json()["checks"]
    assert checks["database"].startswith("unreachable")
    assert checks["redis"] == "ok"


async def test_not_ready_while_redis_is_away(elsewhere) -> None:
    elsewhere(REDIS_URL="redis://127.0.0.1:1")
    async with caller("127.0.0.1") as api:
        answer = await api.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["redis"].startswith("unreachable")


async def test_rest_says_so_while_the_database_is_away(cast: Cast, elsewhere) -> None:
    key = a_key(cast.ana)
    elsewhere(DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
    async with client(key) as api:
        answer = await api.get("/contacts")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "5"


async def test_metrics_are_for_this_machine_alone_without_a_token(cast: Cast) -> None:
    async with client(a_key(cast.ana)) as api:
        await api.get("/contacts")
    async with caller("127.0.0.1") as near, caller("203.0.113.7") as far:
        answer = await near.get("/metrics")
        assert (await far.get("/metrics")).status_code == 403
        assert (await near.get("/metrics", headers={"x-forwarded-for": "203.0.113.7"})).status_code == 403
    found = {family.name: family for family in text_string_to_metric_families(answer.text)}
    counted = [
        s for s in found["masteria_http_request_duration_seconds"].samples if s.labels.get("route") == "/contacts"
    ]
    assert any(s.name.endswith("_count") and s.value >= 1 for s in counted)
    assert {"masteria_queue_depth", "masteria_webhook_backlog", "masteria_db_pool_in_use"} <= found.keys()


async def test_metrics_ask_for_the_token_when_there_is_one(elsewhere) -> None:
    elsewhere(METRICS_TOKEN="a-token")
    async with caller("127.0.0.1") as api:
        assert (await api.get("/metrics")).status_code == 401
        assert (await api.get("/metrics", headers={"authorization": "Bearer wrong"})).status_code == 401
        assert (await api.get("/metrics", headers={"authorization": "Bearer a-token"})).status_code == 200


async def test_a_database_that_hangs_is_not_ready(elsewhere) -> None:
    """It takes the connection and never speaks."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        elsewhere(DATABASE_URL=f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/nothing")
        async with caller("127.0.0.1") as api:
            answer = await api.get("/readyz")
    assert answer.status_code == 503
    assert "no answer" in answer.json()["checks"]["database"] or "unreachable" in answer.json()["checks"]["database"]
