"""What surrounds every answer: headers, cache times, the closed upload door, scripts by hash."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route

from masteria.api import static

INLINE = "window.ready = 1"


@pytest.fixture
def panel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> httpx.AsyncClient:
    """A build with one page, behind the policy."""
    (tmp_path / "inbox").mkdir()
    page = f"<html><script>{INLINE}</script><script src='/boot.js'></script></html>"
    (tmp_path / "inbox" / "index.html").write_text(page)
    monkeypatch.setattr(static, "BUILD", tmp_path)
    static._is_page.cache_clear()
    static._hashes.cache_clear()
    inner = Starlette(
        routes=[
            Route("/inbox/", lambda _: HTMLResponse(page)),
            Route("/assets/{name}", lambda _: PlainTextResponse("x")),
            Route("/_upload", lambda _: PlainTextResponse("open"), methods=["GET", "POST"]),
        ]
    )
    transport = httpx.ASGITransport(app=static.StaticPolicy(inner))
    return httpx.AsyncClient(transport=transport, base_url="http://panel")


async def test_a_page_is_answered_without_a_detour_and_never_kept(panel: httpx.AsyncClient) -> None:
    answer = await panel.get("/inbox")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-frame-options"] == "DENY"


async def test_only_the_pages_own_inline_script_may_run(panel: httpx.AsyncClient) -> None:
    policy = (await panel.get("/inbox")).headers["content-security-policy"]
    scripts = policy.partition("script-src")[2]
    digest = base64.b64encode(hashlib.sha256(INLINE.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in scripts
    assert scripts.count("sha256-") == 1
    assert "unsafe-inline" not in scripts
    assert "frame-ancestors 'none'" in policy


async def test_hashed_files_are_kept_for_ever(panel: httpx.AsyncClient) -> None:
    assert "immutable" in (await panel.get("/assets/page-1a2b.js")).headers["cache-control"]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_reflex_own_upload_door_is_closed(panel: httpx.AsyncClient, method: str) -> None:
    for path in ("/_upload", "/_upload/secret.csv"):
        assert (await panel.request(method, path)).status_code == 404
