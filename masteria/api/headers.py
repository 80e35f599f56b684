"""What a browser is told with every answer: what a page may load and run, who may frame it, what may be guessed.

Measured in Chromium, see decision 19.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import Scope

from masteria.config import settings

STATIC_CACHE = "public, max-age=31536000, immutable"
HSTS = "max-age=31536000; includeSubDomains"
SAFE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(self), geolocation=(), payment=(), usb=(), browsing-topics=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
# a screen: its own inline scripts by their hashes; styles stay open, since dialogs write theirs as they open
PAGE = (
    "default-src 'none'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; font-src 'self'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self' {socket}; worker-src 'self'; "
    "manifest-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
# a page that we write without any script: the API's documentation, a refusal
PLAIN = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
# what is no page: if a browser shows it as one all the same, nothing in it works
DATA = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.S)


def add(headers: MutableHeaders, scope: Scope, page: Path | None, *, is_known: bool = False) -> None:
    """`page` is the built file that answers, None for what we wrote ourselves.

    `is_known`: the browser has it already (304). What it is told now counts for what it kept, and nothing says what that
    was but the address.
    """
    path = scope["path"]
    for name, value in SAFE.items():
        headers.setdefault(name, value)
    if is_secure(scope):
        headers.setdefault("strict-transport-security", HSTS)
    kind = headers.get("content-type", "text/html" if is_known and page and "." not in path else "")
    if kind.startswith("text/html"):
        headers.setdefault("cache-control", "no-cache")
        headers.setdefault("content-security-policy", policy(page) if page else PLAIN)
    elif path.startswith("/assets/"):
        headers["cache-control"] = STATIC_CACHE
    elif path.endswith((".js", ".css", ".webmanifest")):
        headers.setdefault("cache-control", "no-cache")
    elif not is_known and not kind.startswith(("image/", "font/")):
        headers.setdefault("content-security-policy", DATA)


def policy(page: Path) -> str:
    """The Content-Security-Policy of one screen."""
    scripts = " ".join(f"'sha256-{found}'" for found in _hashes(page))
    # some browsers do not take 'self' for the socket's scheme
    return PAGE.format(scripts=scripts, socket=settings().public_url.replace("http", "ws", 1))


def is_secure(scope: Scope) -> bool:
    """Whether the reader came by TLS, here or at the proxy before us."""
    forwarded = next((value for name, value in scope["headers"] if name == b"x-forwarded-proto"), b"")
    return scope.get("scheme") == "https" or forwarded == b"https"


@cache
def _hashes(page: Path) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_of(page)))


def _of(page: Path) -> Iterator[str]:
    text = page.read_text(encoding="utf-8") if page.is_file() else ""
    for script in _SCRIPT.findall(text):
        yield base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
