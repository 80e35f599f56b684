"""The same app behind a real server, over a socket."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.api.api import a_key
from tests.cast import Cast
from tests.ports import free_port, wait_for_port
from tests.stage import Process


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    port = free_port()
    process = Process("-m", "tests.api.server", str(port))
    wait_for_port(port)
    yield f"http://127.0.0.1:{port}"
    process.stop()


def test_it_serves(cast: Cast, address: str) -> None:
    with httpx.Client(base_url=address, headers={"authorization": f"Bearer {a_key(cast.ana)}"}) as api:
        assert api.get("/healthz").json() == {"status": "ok"}
        assert api.get("/readyz").status_code == 200
        made = api.post("/api/v1/contacts", json={"phone": "+5511987654321"}, headers={"idempotency-key": "1"})
        assert made.status_code == 201
        assert api.get(f"/api/v1/contacts/{made.json()['id']}").json()["phone"] == "+5511987654321"
        assert int(made.headers["ratelimit-remaining"]) > 0
        assert api.get("/api/v1/nothing").headers["content-type"] == "application/problem+json"
        assert "masteria_http_request_duration_seconds" in api.get("/metrics").text


def test_a_large_upload_is_refused_on_the_wire(cast: Cast, address: str) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(60):
            yield b"x" * 1_000_000

    headers = {"authorization": f"Bearer {a_key(cast.ana)}", "content-type": "multipart/form-data; boundary=b"}
    with httpx.Client(base_url=address, headers=headers) as api:
        answer = api.post("/api/v1/imports", content=parts())
    assert answer.status_code in (400, 413)
    assert answer.headers["content-type"] == "application/problem+json"
