"""Who really calls, where proxies of ours stand in between: tries, limits, keys' networks and the audit trail need it.

Only what a trusted proxy says is believed, and only up to the first address that is no proxy of ours: whatever stands
further left in the header was written by the caller.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from masteria.config import settings
from masteria.kit.networks import is_within

HEADER = b"x-forwarded-for"


class BehindProxies:
    """An ASGI wrapper around everything; without `MASTERIA_TRUSTED_PROXIES` the caller is whoever connected."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        proxies = settings().trusted_proxies
        if proxies and scope["type"] in ("http", "websocket") and scope.get("client"):
            host, port = scope["client"]
            scope = {**scope, "client": (_caller(host, _told(scope), proxies), port)}
        await self.app(scope, receive, send)


def _told(scope: Scope) -> list[str]:
    """The addresses of the header, the nearest last; of several headers, as if they were one."""
    lines = [value.decode("latin-1") for name, value in scope["headers"] if name == HEADER]
    return [part.strip() for part in ",".join(lines).split(",") if part.strip()]


def _caller(host: str, told: list[str], proxies: tuple[str, ...]) -> str:
    while told and is_within(host, proxies):
        host = told.pop()
    return host
