"""`Idempotency-Key` on POST: the same key and body give the first answer again, for 24 hours.

Another body is 422; while the first still runs, 409. The first one wins by a unique row, not by luck.
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

from fastapi import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from masteria.actions import idempotency
from masteria.api.doors import identify
from masteria.api.problems import problem
from masteria.core.work import work_as

MAX_BODY = 1024 * 1024
UPLOADS = "/api/v1/imports"


class Idempotency:
    """An ASGI wrapper around the API: size limit of bodies, then the key."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].rstrip("/") == UPLOADS:
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        body = await _read(request)
        if body is None:
            await problem(request, 413, "The body is larger than 1 MiB.")(scope, receive, send)
            return
        key = request.headers.get("idempotency-key", "") if scope["method"] == "POST" else ""
        if key:
            await self._once(request, key[:255], body, send)
        else:
            await self.app(scope, _again(body), send)

    async def _once(self, request: Request, key: str, body: bytes, send: Send) -> None:
        scope, actor = request.scope, await asyncio.to_thread(identify, request)
        if actor is None:
            await self.app(scope, _again(body), send)
            return
        fingerprint = hashlib.sha256(f"{scope['method']} {scope['path']}\n".encode() + body).digest()

        def claim() -> idempotency.Known | None:
            with work_as(actor) as work:
                return idempotency.claim(work, key, fingerprint)

        known = await asyncio.to_thread(claim)
        if known is not None:
            await _known(request, known, fingerprint)(scope, _again(body), send)
            return
        answer = _Answer(send)
        await self.app(scope, _again(body), answer)

        def settle() -> None:
            with work_as(actor) as work:
                # what failed on our side may be tried again with the same key
                keep = answer.status < 500
                idempotency.record(work, key, answer.status, bytes(answer.body)) if keep else idempotency.forget(
                    work, key
                )

        await asyncio.to_thread(settle)


class _Answer:
    """Passes an answer on and remembers it."""

    def __init__(self, send: Send) -> None:
        self.send, self.status, self.body = send, 500, bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.body += message.get("body", b"")
        await self.send(message)


def _known(request: Request, known: Any, fingerprint: bytes) -> Response:
    if known.fingerprint != fingerprint:
        errors = [{"field": "Idempotency-Key", "message": "was used with another request"}]
        return problem(request, 422, "This Idempotency-Key belongs to another request.", errors=errors)
    if not known.status:
        return problem(request, 409, "The first request with this Idempotency-Key still runs.")
    media = "application/json" if known.status < 400 else "application/problem+json"
    return Response(known.body, known.status, {"Idempotent-Replayed": "true"}, media)


async def _read(request: Request) -> bytes | None:
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > MAX_BODY:
        return None
    parts = bytearray()
    async for part in request.stream():
        parts += part
        if len(parts) > MAX_BODY:
            return None
    return bytes(parts)


def _again(body: bytes) -> Receive:
    sent = False

    async def receive() -> Message:
        nonlocal sent
        if sent:
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
