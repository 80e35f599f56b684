"""Around everything: security headers, caching of hashed files, no detour to `/page/`, and a closed upload door."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse

STATIC = Path(".web/build/client")
SECURITY = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(self), microphone=(self), geolocation=()",
    "cross-origin-opener-policy": "same-origin",
    # Reflex' pages start with small inline scripts
    "content-security-policy": "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self' ws: wss:; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'self'; object-src 'none'",
}


class StaticPolicy:
    """An ASGI wrapper; the outermost."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path: str = scope["path"]
        if path.startswith("/_upload"):
            # files come through our own routes: this one serves its folder to everybody
            await PlainTextResponse("not here", 404)(scope, receive, send)
            return
        if scope["method"] in ("GET", "HEAD") and self._is_page(path):
            scope = {**scope, "path": path + "/"}

        async def out(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                self._head(MutableHeaders(scope=message), path)
            await send(message)

        await self.app(scope, receive, out)

    @staticmethod
    def _is_page(path: str) -> bool:
        return "." not in path and not path.endswith("/") and (STATIC / path[1:] / "index.html").is_file()

    @staticmethod
    def _head(headers: MutableHeaders, path: str) -> None:
        for name, value in SECURITY.items():
            headers.setdefault(name, value)
        if path.startswith("/assets/"):
            headers["cache-control"] = "public, max-age=31536000, immutable"
        elif headers.get("content-type", "").startswith("text/html") or path == "/sw.js":
            headers["cache-control"] = "no-cache"
