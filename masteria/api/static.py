"""What surrounds every HTTP answer: pages without a detour, closed doors of Reflex' own, and nothing for other sites."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from masteria.api import headers
from masteria.api.entry import find_person, same_origin
from masteria.core.veil import veiled
from masteria.kit.tables import MAX_BYTES

BUILD = Path(".web/build/client")
CLOSED = ("/auth_codespace", "/_all_routes")
UPLOADS = "/_upload"
SOCKET = "/_event"
READS = ("GET", "HEAD", "OPTIONS")
# written to by programs, which prove themselves without a cookie or ask for more than one
OF_PROGRAMS = ("/api/", "/webhooks/", "/hooks/")


class StaticPolicy:
    """ASGI wrapper, the outermost of ours."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path", "").startswith(SOCKET):
            kept = [(name, veiled(value) if name == b"cookie" else value) for name, value in scope["headers"]]
            scope = {**scope, "headers": kept}
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        path: str = scope["path"]

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                found = MutableHeaders(scope=message)
                page = None if path.startswith(OF_PROGRAMS) else BUILD / _page(path)
                headers.add(found, scope, page, is_known=message["status"] == 304)
            await send(message)

        refusal = await _refusal(Request(scope))
        if refusal is not None:
            return await refusal(scope, receive, with_headers)
        if scope["method"] in READS and _is_page(path):
            scope = {**scope, "path": f"{path}/"}  # the prerendered page, without a redirect to its folder
        await self.app(scope, receive, with_headers)


async def _refusal(request: Request) -> Response | None:
    """What is turned away here, whatever stands behind."""
    path = request.url.path
    if path.startswith(CLOSED):
        return PlainTextResponse("Not found", 404)
    if path.startswith(UPLOADS):
        return await _no_upload(request)
    if request.method not in READS and not path.startswith(OF_PROGRAMS) and not same_origin(request):
        return PlainTextResponse("cross-site request refused", 403)
    return None


async def _no_upload(request: Request) -> Response:
    """Reflex' own uploads: identity from a guessable tab token, no size limit, files open to all. Ours go by our routes."""
    if request.method in READS:
        return PlainTextResponse("Not found", 404)
    if not same_origin(request) or await find_person(request) is None:
        return PlainTextResponse("Sign in first", 401)
    length = request.headers.get("content-length", "")
    if not length.isdigit():
        return PlainTextResponse("Say how much comes", 411)
    return PlainTextResponse("Too large", 413) if int(length) > MAX_BYTES else PlainTextResponse("Not found", 404)


def _page(path: str) -> str:
    """The file that answers this path; an address with an id or one that does not exist gets the fallback."""
    inside = f"{path.strip('/')}/index.html".lstrip("/")
    return inside if (BUILD / inside).is_file() else "404.html"


@cache
def _is_page(path: str) -> bool:
    return "." not in path and not path.endswith("/") and (BUILD / path[1:] / "index.html").is_file()
