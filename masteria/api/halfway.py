"""Cookies between two steps: sealed, out of reach of scripts and of other sites, each for one purpose and a short while."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from masteria.core import parcels

PREFIX = "masteria-"


def keep(response: Response, purpose: str, content: dict[str, Any], *, minutes: int, secure: bool) -> None:
    """Give it to the browser along with this answer."""
    response.set_cookie(
        PREFIX + purpose,
        parcels.pack(purpose, content, minutes=minutes),
        max_age=minutes * 60,
        path="/",
        httponly=True,
        samesite="lax",  # the way back from a provider is a link on another site
        secure=secure,
    )


def kept(request: Request, purpose: str) -> dict[str, Any]:
    """What the browser was given for this purpose; nothing when it has none, or an old or a changed one."""
    return parcels.unpack(purpose, request.cookies.get(PREFIX + purpose, "")) or {}


def drop(response: Response, purpose: str) -> None:
    response.delete_cookie(PREFIX + purpose, path="/")
