"""What surrounds every HTTP answer: cache times, security headers, and a closed door to Reflex' own uploads."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BUILD = Path(".web/build/client")
CLOSED = ("/_upload", "/auth_codespace", "/_all_routes")
STATIC_CACHE = "public, max-age=31536000, immutable"
SAFE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(self), microphone=(self), geolocation=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
}
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'none'; style-src 'self' 'unsafe-inline'; "
    # Reflex evaluates toasts and small scripts that the server sends (its state.js)
    "script-src 'self' 'unsafe-eval' {scripts}"
)
_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.S)


class StaticPolicy:
    """ASGI wrapper, the outermost of ours."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        path: str = scope["path"]
        if path.startswith(CLOSED):
            # identity from a guessable tab token, no size limit, files open to all: ours go through our own routes
            return await PlainTextResponse("Not found", 404)(scope, receive, send)
        if scope["method"] in ("GET", "HEAD") and _is_page(path):
            scope = {**scope, "path": f"{path}/"}  # the prerendered page, without a redirect to its folder

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add(MutableHeaders(scope=message), path)
            await send(message)

        await self.app(scope, receive, with_headers)


def policy(page: str) -> str:
    """The Content-Security-Policy of one page: its own inline scripts and no others."""
    return POLICY.format(scripts=" ".join(f"'sha256-{h}'" for h in _hashes(page)))


def _add(headers: MutableHeaders, path: str) -> None:
    for name, value in SAFE.items():
        headers.setdefault(name, value)
    if path.startswith("/assets/"):
        headers["cache-control"] = STATIC_CACHE
    elif headers.get("content-type", "").startswith("text/html"):
        headers["cache-control"] = "no-cache"
        headers.setdefault("content-security-policy", policy(_page(path)))
    elif path.endswith((".js", ".css", ".webmanifest")) and "cache-control" not in headers:
        headers["cache-control"] = "no-cache"


def _page(path: str) -> str:
    """The file that answers this path; an address with an id or one that does not exist gets the fallback."""
    inside = f"{path.strip('/')}/index.html".lstrip("/")
    return inside if (BUILD / inside).is_file() else "404.html"


@cache
def _is_page(path: str) -> bool:
    return "." not in path and not path.endswith("/") and (BUILD / path[1:] / "index.html").is_file()


@cache
def _hashes(page: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_of(BUILD / page)))


def _of(file: Path) -> Iterator[str]:
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    for script in _SCRIPT.findall(text):
        yield base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
