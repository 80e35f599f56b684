"""Whose address counts when proxies stand in between."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.types import Receive, Scope, Send

from masteria.api.proxies import BehindProxies
from masteria.config import settings

PROXY, CALLER = "10.0.0.7", "203.0.113.9"


@pytest.fixture(autouse=True)
def proxies(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("MASTERIA_TRUSTED_PROXIES", "10.0.0.0/8, 2001:db8::/32")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


async def seen(host: str, *headers: str, kind: str = "http") -> str:
    """The caller that the app behind sees."""
    found: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        found.append(scope["client"][0])

    told = [(b"x-forwarded-for", text.encode()) for text in headers]
    scope = {"type": kind, "client": (host, 1), "headers": told}
    await BehindProxies(app)(scope, None, None)  # pyright: ignore[reportArgumentType]
    return found[0]


@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_a_proxy_of_ours_says_who_calls(kind: str) -> None:
    assert await seen(PROXY, CALLER, kind=kind) == CALLER


@pytest.mark.parametrize(
    ("host", "headers", "who"),
    [
        (CALLER, ("198.51.100.1",), CALLER),  # no proxy of ours
        (PROXY, (f"198.51.100.1, {CALLER}",), CALLER),  # what the caller wrote itself
        (PROXY, ("198.51.100.1", CALLER), CALLER),
        (PROXY, (f"{CALLER}, 10.1.1.1",), CALLER),  # two proxies
        (PROXY, (), PROXY),
        (PROXY, (" , ",), PROXY),
        ("2001:db8::1", ("::ffff:203.0.113.9",), "::ffff:203.0.113.9"),
    ],
)
async def test_only_what_our_proxies_say_is_believed(host: str, headers: tuple[str, ...], who: str) -> None:
    assert await seen(host, *headers) == who
