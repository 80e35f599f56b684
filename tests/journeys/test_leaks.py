"""E13, X01: secrets are planted, everything is walked, also wrongly; then frames, answers, logs and Redis are searched."""

from __future__ import annotations

import inspect
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis
from reflex_base.registry import RegistrationContext

from masteria.actions import sessions
from masteria.api import app as front
from masteria.config import settings
from masteria.masteria import app as _app  # noqa: F401 — registers every screen
from masteria.ui import identity
from tests.api.api import a_key
from tests.cast import PASSWORD, Cast, a_connection
from tests.ports import free_port, wait_for_port
from tests.stage import Process
from tests.wire import Wire

# importing the app read the settings, before the session's services had their addresses
settings.cache_clear()


class Spoken(Process):
    """The web process with every word of its log kept."""

    def __init__(self, log: Path, **env: str) -> None:
        self.log = log
        super().__init__("-m", "masteria.run.serve", **env)

    def start(self) -> None:
        env = {**os.environ, **self.env}
        with self.log.open("wb") as out:
            self.child = subprocess.Popen([sys.executable, *self.command], env=env, stdout=out, stderr=out)


@pytest.fixture(scope="module")
def loud(tmp_path_factory: pytest.TempPathFactory, services: None) -> Iterator[tuple[str, Path]]:
    port, log = free_port(), tmp_path_factory.mktemp("leaks") / "web.log"
    nowhere = f"http://127.0.0.1:{free_port()}"
    process = Spoken(log, MASTERIA_PORT=str(port), META_GRAPH_URL=nowhere, LOG_LEVEL="DEBUG")
    wait_for_port(port)
    yield f"http://127.0.0.1:{port}", log
    process.stop()


async def _walk_api(url: str, planted: dict[str, str], cookie: str) -> str:
    """Every route with a key, a cookie, and wrongly: with secrets where they do not belong."""
    said = []
    headers = {"authorization": f"Bearer {planted['key']}", "cookie": cookie}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as client:
        for door in front.api_doors():
            path = door.path.replace("{", "").replace("}", "")
            for body in ({"password": planted["typed"], "access_token": planted["typed"]}, b"{broken", None):
                content: Any = {"json": body} if isinstance(body, dict) else {"content": body}
                answer = await client.request(door.method, path, **(content if door.method != "GET" else {}))
                said.append(f"{answer.headers} {answer.text}")
        wrong = {"email": "ana@exemplo.com", "password": planted["typed"]}
        answer = await client.post("/auth/login", data=wrong, headers={"authorization": ""})
        said.append(f"{answer.headers} {answer.text}")
    return "\n".join(said)


async def _walk_sockets(url: str, planted: dict[str, str], cookie: str) -> str:
    async with Wire(url, cookie, token=secrets.token_hex(8)) as tab:
        form = {"access_token": planted["typed"], "password": planted["typed"]}
        for name, known in sorted(RegistrationContext.get().event_handlers.items()):
            takes = [*inspect.signature(known.handler.fn).parameters][1:]
            await tab.call(name, {part: form if part == "form" else "x" for part in takes})
        for name in ("no.such.event", "reflex___state____state.nothing", "x" * 300):
            await tab.send({"name": name, "payload": {"cookie": planted["typed"], "password": planted["typed"]}})
        return tab.text()


async def test_no_secret_leaves_by_any_way(loud: tuple[str, Path], cast: Cast) -> None:
    url, log = loud
    mark = secrets.token_hex(6)
    made = a_connection(cast.ana, access_token=f"EAA{mark}token", app_secret=f"app{mark}secret")
    session = sessions.sign_in(cast.ana.email, PASSWORD)
    planted = {"token": made.access_token, "secret": made.app_secret, "session": session}
    planted |= {"key": a_key(cast.ana), "typed": f"typed{mark}", "password": PASSWORD}
    cookie = f"{identity.COOKIE}={session}"
    ways = {"frames": await _walk_sockets(url, planted, cookie)}
    ways["answers"] = await _walk_api(url, planted, cookie)  # which signs out, too
    ways["log"] = log.read_text(errors="replace")
    store = Redis.from_url(settings().redis_url)
    ways["redis"] = "\n".join(
        str(value) for number in (0, 1) for value in _values(Redis.from_url(f"{settings().redis_url}/{number}"))
    )
    store.close()
    assert len(ways["frames"]) > 10_000
    assert "Loja" in ways["frames"]
    found = [(way, name) for way, text in ways.items() for name, secret in planted.items() if secret in text]
    assert found == [], [ways[way][max(0, ways[way].index(planted[name]) - 300) :][:400] for way, name in found]


def _values(store: Redis) -> Iterator[bytes]:
    """What lies in one database, as it is: uncompressed."""
    for key in store.scan_iter():
        kind = store.type(key)
        if kind == b"string":
            yield store.get(key) or b""  # pyright: ignore[reportReturnType]
        elif kind == b"hash":
            yield from store.hgetall(key).values()  # pyright: ignore[reportAttributeAccessIssue]
        elif kind == b"list":
            yield from store.lrange(key, 0, -1)  # pyright: ignore[reportGeneralTypeIssues]
