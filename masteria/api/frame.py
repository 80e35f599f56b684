"""Around the REST API: an id for each request, limits told in headers, times measured, every error a problem."""

from __future__ import annotations

import time
from typing import Any

import anyio.to_thread
from prometheus_client import Histogram
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from masteria.api.problems import MEDIA_TYPE, answer_to
from masteria.core.limits import Allowance
from masteria.kit.clock import now
from masteria.kit.ids import new_id

THREADS = 12  # of one process; the database pool holds 20, and webhooks and screens need some too
SECONDS = Histogram("masteria_http_request_duration_seconds", "REST requests", ["method", "route", "status"])


class Frame:
    """An ASGI wrapper around the REST app."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        scope["state"] = {**scope.get("state", {}), "request_id": str(new_id()), "arrived_at": now()}
        answer, began = _Answer(scope, send), time.monotonic()
        try:
            await self.app(scope, receive, answer.send)
        except Exception as error:
            # Starlette answers with our problem and then raises again for the server's log: it is logged already
            if not answer.status:
                await answer_to(Request(scope), error)(scope, receive, answer.send)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            SECONDS.labels(scope["method"], route, str(answer.status)).observe(time.monotonic() - began)


class Inside:
    """The same app at a second address: what comes to `/auth/token` is what came to `/api/v1/auth/token`."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self.app, self.prefix = app, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        root, path = scope.get("root_path", ""), scope["path"]
        inner = {**scope, "root_path": root + self.prefix, "path": root + self.prefix + path.removeprefix(root)}
        await self.app(inner, receive, send)


class _Answer:
    """The way out: our headers on every response, and a problem in place of Starlette's own plain 413."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.scope, self._send = scope, send
        self.status = 0
        self._replaced = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            kind = MutableHeaders(scope=message).get("content-type")
            if self.status == 413 and kind != MEDIA_TYPE:
                await answer_to(Request(self.scope), HTTPException(413))(self.scope, _nothing, self.send)
                self._replaced = True
                return
            _head(MutableHeaders(scope=message), self.scope["state"])
        if not self._replaced:
            await self._send(message)


async def _nothing() -> Message:
    """A response that is ready made reads nothing."""
    return {"type": "http.disconnect"}


def _head(headers: MutableHeaders, state: dict[str, Any]) -> None:
    headers["x-request-id"] = state["request_id"]
    headers.setdefault("cache-control", "no-store")
    headers.setdefault("x-content-type-options", "nosniff")
    allowance: Allowance | None = state.get("allowance")
    if allowance is not None:
        headers["ratelimit-limit"] = str(allowance.rule.count)
        headers["ratelimit-remaining"] = str(allowance.remaining)
        headers["ratelimit-reset"] = str(-(-allowance.wait_ms // 1000))
