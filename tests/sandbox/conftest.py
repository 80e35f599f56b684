"""A real sandbox for each file of tests, a real receiver of webhooks, and short ways to speak Graph."""

from __future__ import annotations

import hashlib
import hmac
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from masteria.sandbox.sample import SAMPLE_ACCESS_TOKEN, SAMPLE_APP_SECRET, SAMPLE_PHONE_NUMBER_ID
from tests.ports import free_port, wait_for_port

ORDINARY = {
    "latency": [0, 0], "rate": 0, "pair_limit": False, "window_check": True, "marketing_cap": 0, "magic": True,
    "statuses": True, "hold_statuses": False, "status_delay": [0.01, 0.05], "read_chance": 1.0, "skip_delivered": 0,
    "disorder": 0, "duplicates": 0, "wrong_signature": 0, "retry_scale": 0.05, "review_delay": 0.05, "error_chance": 0,
    "silent_chance": 0, "usage": 0, "living": False, "keep_phones": True,
}  # fmt: skip


class Graph:
    """A caller of the sandbox with the sample number's token."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(
            base_url=f"{url}/v25.0",
            headers={"authorization": f"Bearer {SAMPLE_ACCESS_TOKEN}"},
            timeout=10,
            trust_env=False,
        )

    def send(self, to: str = "+5511987650001", **body: Any) -> httpx.Response:
        body = body or {"type": "text", "text": {"body": "Oi"}}
        whole = {"messaging_product": "whatsapp", "to": to, **body}
        return self.http.post(f"/{SAMPLE_PHONE_NUMBER_ID}/messages", json={k: v for k, v in whole.items() if v != ""})

    def template(self, name: str, *parameters: Any, **more: Any) -> httpx.Response:
        components = [{"type": "body", "parameters": list(parameters)}] if parameters else []
        content = {"name": name, "language": {"code": "pt_BR"}, "components": components + more.pop("components", [])}
        return self.send(more.pop("to", "+5511987650001"), type="template", template=content, **more)

    def ask(self, path: str) -> Any:
        return httpx.get(f"{self.url}/_sandbox/{path}", timeout=10, trust_env=False).raise_for_status().json()

    def tell(self, path: str, **body: Any) -> Any:
        return (
            httpx.post(f"{self.url}/_sandbox/{path}", json=body, timeout=10, trust_env=False).raise_for_status().json()
        )

    def number(self, callback: str) -> None:
        """The sample number again, its webhooks going there."""
        self.tell(
            "numbers",
            phone_number_id=SAMPLE_PHONE_NUMBER_ID,
            waba_id="100000000000001",
            display_number="+55 11 90000-0100",
            access_token=SAMPLE_ACCESS_TOKEN,
            app_secret=SAMPLE_APP_SECRET,
            verify_token="aurora-verifica",
            callback=callback,
        )


class Receiver:
    """A real receiver of webhooks: keeps what comes, answers the statuses in `answers` first, then 200."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.signatures: list[str] = []
        self.answers: list[int] = []
        self.asked: list[str] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.raw.append(body)
                receiver.signatures.append(self.headers["x-hub-signature-256"])
                self.answer(receiver.answers.pop(0) if receiver.answers else 200, b"")

            def do_GET(self) -> None:
                receiver.asked.append(self.path)
                query = dict(httpx.URL(self.path).params)
                good = query.get("hub.verify_token") == "aurora-verifica"
                self.answer(200 if good else 403, query.get("hub.challenge", "").encode() if good else b"")

            def answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def signed(self, index: int = 0) -> bool:
        wanted = hmac.new(SAMPLE_APP_SECRET.encode(), self.raw[index], hashlib.sha256).hexdigest()
        return self.signatures[index] == f"sha256={wanted}"

    def changes(self) -> list[dict[str, Any]]:
        entries = [entry for raw in list(self.raw) for entry in json.loads(raw)["entry"]]
        return [change for entry in entries for change in entry["changes"]]

    def items(self, name: str) -> list[dict[str, Any]]:
        """All `statuses` or `messages` that came, in order."""
        return [item for change in self.changes() for item in change["value"].get(name, [])]


def until(condition: Callable[[], Any], seconds: float = 10) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen")


def start(*options: str) -> tuple[subprocess.Popen[bytes], str]:
    port = free_port()
    child = subprocess.Popen(
        [sys.executable, "-m", "masteria.sandbox", "--port", str(port), "--latency", "0", *options]
    )
    wait_for_port(port)
    return child, f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    child, url = start()
    yield url
    child.terminate()
    assert child.wait(10) == 0


@pytest.fixture
def graph(address: str) -> Iterator[Graph]:
    found = Graph(address)
    found.tell("options", **ORDINARY)
    found.number("")
    found.tell("reset")
    yield found
    found.http.close()


@pytest.fixture
def receiver(graph: Graph) -> Iterator[Receiver]:
    found = Receiver()
    graph.number(found.url)
    yield found
    graph.number("")
    found.server.shutdown()
    found.server.server_close()
