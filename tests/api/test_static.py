"""What surrounds every answer: headers, cache times, closed doors, scripts by hash, nothing for other sites."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from masteria.actions import sessions
from masteria.api import app as front
from masteria.api import entry, headers, static
from masteria.kit.tables import MAX_BYTES
from tests.cast import PASSWORD, Cast

INLINE = "window.ready = 1"


async def _echo(request: Request) -> Response:
    return PlainTextResponse("done")


def _page(_: Request) -> Response:
    return HTMLResponse((static.BUILD / "inbox" / "index.html").read_text())


@pytest.fixture
def panel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> httpx.AsyncClient:
    """A build with one page, behind the policy."""
    (tmp_path / "inbox").mkdir()
    page = f"<html><script>{INLINE}</script><script src='/boot.js'></script></html>"
    (tmp_path / "inbox" / "index.html").write_text(page)
    monkeypatch.setattr(static, "BUILD", tmp_path)
    static._is_page.cache_clear()
    inner = Starlette(
        routes=[
            Route("/inbox/", _page),
            Route("/known", lambda _: Response(status_code=304)),
            Route("/assets/{name}", lambda _: PlainTextResponse("x")),
            Route("/api/v1/docs", lambda _: HTMLResponse("x")),
            Route("/api/v1/things", lambda _: JSONResponse({}), methods=["GET", "POST"]),
            Route("/auth/anything", _echo, methods=["POST"]),
            Route("/_upload", _echo, methods=["GET", "POST"]),
        ]
    )
    transport = httpx.ASGITransport(app=static.StaticPolicy(inner))
    return httpx.AsyncClient(transport=transport, base_url="http://panel")


def policy(answer: httpx.Response) -> str:
    return answer.headers["content-security-policy"]


async def test_a_page_is_answered_without_a_detour_and_never_kept(panel: httpx.AsyncClient) -> None:
    answer = await panel.get("/inbox")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-frame-options"] == "DENY"


async def test_only_the_pages_own_inline_script_may_run(panel: httpx.AsyncClient) -> None:
    found = policy(await panel.get("/inbox"))
    scripts = found.partition("script-src")[2].partition(";")[0]
    digest = base64.b64encode(hashlib.sha256(INLINE.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in scripts
    assert scripts.count("sha256-") == 1
    assert "unsafe" not in scripts
    for rule in (
        "default-src 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    ):
        assert rule in found


async def test_what_the_browser_has_already_keeps_its_policy(panel: httpx.AsyncClient) -> None:
    """A 304 replaces the headers of the kept page: with those of a file, no script of it would run."""
    found = policy(await panel.get("/known"))
    assert "script-src 'self'" in found
    assert "sandbox" not in found


async def test_what_is_no_page_may_do_nothing_as_one(panel: httpx.AsyncClient) -> None:
    assert "sandbox" in policy(await panel.get("/api/v1/things"))
    documented = policy(await panel.get("/api/v1/docs"))
    assert "script-src" not in documented
    assert "default-src 'none'" in documented


@pytest.mark.parametrize("address", ["/inbox", "/api/v1/things", "/assets/a.js", "/_upload", "/nowhere"])
async def test_every_answer_has_the_safe_headers(panel: httpx.AsyncClient, address: str) -> None:
    answer = await panel.get(address)
    assert {name: answer.headers.get(name) for name in headers.SAFE} == headers.SAFE
    assert "strict-transport-security" not in answer.headers
    behind_tls = await panel.get(address, headers={"x-forwarded-proto": "https"})
    assert behind_tls.headers["strict-transport-security"] == headers.HSTS


async def test_hashed_files_are_kept_for_ever(panel: httpx.AsyncClient) -> None:
    assert "immutable" in (await panel.get("/assets/page-1a2b.js")).headers["cache-control"]


@pytest.mark.parametrize(
    "sent_by",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://evil.test"},
        {"origin": "null"},
    ],
)
async def test_no_other_site_writes_by_any_route(panel: httpx.AsyncClient, sent_by: dict[str, str]) -> None:
    """Whatever stands behind: a route that forgets to ask is asked for here."""
    assert (await panel.post("/auth/anything", headers=sent_by)).status_code == 403
    assert (await panel.post("/auth/anything", headers={"origin": "http://panel"})).text == "done"
    assert (await panel.post("/api/v1/things", headers=sent_by)).status_code == 200  # it takes no cookie from elsewhere


@pytest.fixture
async def signed_in(panel: httpx.AsyncClient, cast: Cast) -> httpx.AsyncClient:
    panel.cookies[entry.COOKIE] = sessions.sign_in(cast.ana.email, PASSWORD)
    return panel


async def test_reflex_own_upload_door_is_closed(panel: httpx.AsyncClient) -> None:
    for path in ("/_upload", "/_upload/secret.csv"):
        assert (await panel.get(path)).status_code == 404
        assert (await panel.post(path, content=b"x", headers={"reflex-client-token": "another"})).status_code == 401


async def test_whoever_is_signed_in_gets_no_further_with_it(signed_in: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b"x"

    assert (await signed_in.post("/_upload", content=endless())).status_code == 411
    large = {"content-length": str(MAX_BYTES + 1)}
    assert (await signed_in.post("/_upload", content=b"x", headers=large)).status_code == 413
    assert (await signed_in.post("/_upload", content=b"x")).status_code == 404
    assert (await signed_in.post("/_upload", content=b"x", headers={"origin": "null"})).status_code == 401


@pytest.mark.parametrize("door", [d for d in front.api_doors() if d.needs == "session"], ids=lambda d: d.path)
async def test_who_is_not_signed_in_gets_no_file(door: front.ApiDoor) -> None:
    transport = httpx.ASGITransport(static.StaticPolicy(front.build()))
    async with httpx.AsyncClient(transport=transport, base_url="http://panel") as stranger:
        answer = await stranger.request(door.method, door.path.replace("{", "").replace("}", ""))
    assert answer.status_code in (303, 401)
    assert answer.headers.get("location", "/login").startswith("/login")
