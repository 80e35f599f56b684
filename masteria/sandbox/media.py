"""Files on the Graph API: upload, look-up with an address for five minutes, download, and handles for templates."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from typing import TYPE_CHECKING, Any

from masteria.sandbox.errors import GraphError
from masteria.sandbox.http import Call
from masteria.sandbox.request import Request
from masteria.sandbox.world import Media, World

if TYPE_CHECKING:
    from masteria.sandbox.graph import Graph

URL_SECONDS = 300
KEY = secrets.token_bytes(16)
MEGA = 1024 * 1024
LIMITS = {"audio": 16 * MEGA, "image": 5 * MEGA, "video": 16 * MEGA, "sticker": MEGA // 2, "document": 100 * MEGA}
KINDS = {
    "audio/aac": "audio", "audio/amr": "audio", "audio/mpeg": "audio", "audio/mp4": "audio", "audio/ogg": "audio",
    "image/jpeg": "image", "image/png": "image", "image/webp": "sticker", "video/mp4": "video", "video/3gpp": "video",
    "application/pdf": "document", "text/plain": "document", "application/msword": "document",
    "application/vnd.ms-excel": "document", "application/vnd.ms-powerpoint": "document",
}  # fmt: skip


def upload(graph: Graph, request: Request, number_id: str) -> dict[str, Any]:
    """`POST /{number}/media`, multipart with messaging_product, type and file."""
    number = graph.number(number_id, request.token)
    parts = multipart(request.headers.get("content-type", ""), request.body)
    product, file = parts.get("messaging_product"), parts.get("file")
    if product is None or product.content != b"whatsapp":
        raise GraphError(100, "The parameter messaging_product is required.")
    if file is None or not file.content:
        raise GraphError(100, "The parameter file is required.")
    mime = file.mime or (parts["type"].content.decode() if "type" in parts else "")
    mime = mime.partition(";")[0].strip().lower()
    kind = KINDS.get(mime) or ("document" if "officedocument" in mime or mime == "application/octet-stream" else "")
    if not kind:
        raise GraphError(100, f"Param file must be a file with one of the supported types, not {mime or 'none'}.")
    if len(file.content) > LIMITS[kind]:
        raise GraphError(131053, f"The file has {len(file.content)} bytes; the limit for {kind} is {LIMITS[kind]}.")
    return {"id": graph.world.add_media(Media(file.content, mime, file.name, number.access_token))}


def one(world: World, request: Request, media_id: str) -> dict[str, Any]:
    """`GET` or `DELETE /{media}`."""
    media = world.media[media_id]
    world.owned(request.token)
    if not world.may_fetch(request.token, media):
        raise GraphError(100, f"Object with ID '{media_id}' does not exist", subcode=33)
    if request.method == "DELETE":
        del world.media[media_id]
        return {"success": True}
    until = int(time.time()) + URL_SECONDS
    return {
        "messaging_product": "whatsapp",
        "url": f"{request.base}/_sandbox/media/{media_id}?until={until}&sign={_sign(media_id, until)}",
        "mime_type": media.mime,
        "sha256": hashlib.sha256(media.content).hexdigest(),
        "file_size": len(media.content),
        "id": media_id,
    }


def download(world: World, call: Call, media_id: str) -> Media:
    """The file behind a look-up's address: 401 without the bearer, 404 after five minutes."""
    media, query = world.media.get(media_id), call.query
    if media is None or not world.may_fetch(call.token, media):
        raise GraphError(190, status=401)
    until = query.get("until", "")
    good = until.isdigit() and hmac.compare_digest(query.get("sign", ""), _sign(media_id, int(until)))
    if not good or int(until) < time.time():
        raise GraphError(100, "The address is no longer valid; look the file up again.", status=404)
    return media


def begin(graph: Graph, request: Request, app_id: str) -> dict[str, Any]:
    """`POST /{app}/uploads`: the first half of a resumable upload."""
    graph.world.owned(request.token)
    return {"id": f"upload:{secrets.token_hex(12)}"}


def resume(graph: Graph, request: Request, upload_id: str) -> dict[str, Any]:
    """`POST /upload:…` with the bytes gives a handle for a template's example; `GET` tells how far it came."""
    graph.world.owned(request.token)
    if request.method == "GET":
        return {"id": upload_id, "file_offset": 0}
    return {"h": f"4::{hashlib.sha256(request.body).hexdigest()}"}


def multipart(kind: str, body: bytes) -> dict[str, Media]:
    """The parts of a form by name; a part's `mime` is empty when it does not say."""
    found = re.search(r'boundary="?([^";]+)"?', kind)
    if not kind.startswith("multipart/form-data") or found is None:
        raise GraphError(100, "The body must be multipart/form-data.")
    parts: dict[str, Media] = {}
    for piece in body.split(b"--" + found[1].encode())[1:-1]:
        head, _, content = piece.partition(b"\r\n\r\n")
        text = head.decode("utf-8", "replace")
        name = re.search(r'\bname="([^"]*)"', text)
        file_name = re.search(r'\bfilename="([^"]*)"', text)
        mime = re.search(r"(?i)content-type:\s*(\S[^\r\n]*)", text)
        if name:
            parts[name[1]] = Media(content[:-2], mime[1] if mime else "", file_name[1] if file_name else "", "")
    return parts


def _sign(media_id: str, until: int) -> str:
    return hmac.new(KEY, f"{media_id}.{until}".encode(), hashlib.sha256).hexdigest()[:24]
