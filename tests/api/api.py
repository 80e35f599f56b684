"""The REST app over ASGI in one process, called with real keys of the cast."""

from __future__ import annotations

from typing import Any

import httpx

from masteria.actions import keys
from masteria.api import app as api
from masteria.api.callers import Limits
from masteria.api.entry import COOKIE
from masteria.core.access import Actor
from masteria.core.work import work_as

BASE = "http://testserver/api/v1"
PLENTY = Limits(caller=1_000_000, company=1_000_000, ip=1_000_000)
VIEWER = [
    "contacts:read",
    "messages:read",
    "campaigns:read",
    "conversations:read",
    "templates:read",
    "connections:read",
]


def a_key(actor: Actor, *scopes: str) -> str:
    """A real key of this actor's company."""
    with work_as(actor) as work:
        return keys.create_api_key(work, "test", list(scopes or ["admin"])).key


def client(key: str = "", *, limits: Limits = PLENTY, host: str = "127.0.0.1", **headers: str) -> httpx.AsyncClient:
    """A caller from `host`; `key` empty: nobody."""
    transport = httpx.ASGITransport(api.build(limits), raise_app_exceptions=False, client=(host, 4711))
    known = {"authorization": f"Bearer {key}"} if key else {}
    return httpx.AsyncClient(transport=transport, base_url=BASE, headers={**known, **headers})


def as_person(token: str) -> httpx.AsyncClient:
    """A page of ours, with this session's cookie."""
    return client(cookie=f"{COOKIE}={token}", **{"sec-fetch-site": "same-origin"})


def problem(response: httpx.Response, status: int) -> dict[str, Any]:
    """The problem document of an error, checked for what every one has."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found = response.json()
    assert {"type", "title", "status", "detail", "request_id"} <= found.keys()
    assert found["status"] == status
    assert found["request_id"] == response.headers["x-request-id"] != ""
    return found


def fields(response: httpx.Response) -> list[str]:
    """The fields that a 422 names."""
    return [error["field"] for error in problem(response, 422)["errors"]]
