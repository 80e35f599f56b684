"""`Idempotency-Key`: a POST that arrives again, or thirty times at once, is carried out once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from masteria.actions import idempotency
from masteria.api.problems import MEDIA_TYPE, answer_to
from masteria.core.access import Actor
from masteria.core.work import work_as

HEADER = "idempotency-key"
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


async def once(request: Request, actor: Actor, key: str, inner: Handler) -> Response:
    """Run the request if it is the first with this key, else give the first answer again."""
    fingerprint = await _fingerprint(request, actor)
    known = await run_in_threadpool(_claim, actor, key, fingerprint)
    if known is not None:
        kind = MEDIA_TYPE if known.status_code >= 400 else "application/json"
        return Response(known.body, known.status_code, media_type=kind, headers={"idempotent-replayed": "true"})
    try:
        response = await inner(request)
    except Exception as error:
        response = answer_to(request, error)
    await run_in_threadpool(_record, actor, key, response)
    return response


async def _fingerprint(request: Request, actor: Actor) -> bytes:
    """What makes two requests the same: caller, address and content. A form's boundary differs each time."""
    known = hashlib.sha256(f"{actor.api_key_id or actor.person_id}\n{request.url.path}?{request.url.query}\n".encode())
    if not request.headers.get("content-type", "").startswith("multipart/"):
        known.update(await request.body())
        return known.digest()
    for name, value in sorted((await request.form()).multi_items(), key=lambda item: item[0]):
        if isinstance(value, UploadFile):
            known.update(f"\n{name}={value.filename}:".encode())
            known.update(await run_in_threadpool(_digest, value.file))
        else:
            known.update(f"\n{name}={value}".encode("utf-8", "replace"))
    return known.digest()


def _digest(file: Any) -> bytes:
    found = hashlib.file_digest(file, "sha256").digest()
    file.seek(0)
    return found


def _claim(actor: Actor, key: str, fingerprint: bytes) -> idempotency.Answered | None:
    with work_as(actor) as work:
        return idempotency.claim(work, key, fingerprint)


def _record(actor: Actor, key: str, response: Response) -> None:
    with work_as(actor) as work:
        if response.status_code >= 500:
            idempotency.forget(work, key)
        else:
            idempotency.record(work, key, response.status_code, bytes(response.body).decode())
