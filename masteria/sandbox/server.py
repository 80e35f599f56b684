"""The sandbox's HTTP: one raw ASGI application, so that sending costs no framework; granian serves it in-process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields
from typing import Any
from urllib.parse import parse_qsl

import httpx
import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server

from masteria.sandbox import pages
from masteria.sandbox.errors import GraphError
from masteria.sandbox.graph import VERSION, Graph, Request, Silence, usage
from masteria.sandbox.life import Life
from masteria.sandbox.world import Ledger, Number, Options, World

log = logging.getLogger("masteria.sandbox")
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
JSON = [(b"content-type", b"application/json")]
SILENCE_SECONDS = 60
MAX_BODY = 110 * 1024 * 1024


class Sandbox:
    """Routes: `/v2x.0/…` is Graph, `/_sandbox/…` steers and counts, `/phones` is for people."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.life = Life(world)
        self.graph = Graph(world, self.life)
        self.calls = 0

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        try:
            found = VERSION.fullmatch(path)
            if found:
                await self.graph_call(found[1], scope, receive, send)
            elif path.startswith("/_sandbox/"):
                await self.control(path.removeprefix("/_sandbox/"), scope, receive, send)
            else:
                await pages.answer(self.world, self.life, path, scope, receive, send)
        except GraphError as error:
            await reply(send, error.status, error.body())

    async def graph_call(self, path: str, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        self.calls += 1
        low, high = self.world.options.latency
        if high:
            await asyncio.sleep(self.world.random.uniform(low, high))
        raw, token = await read(receive), _token(scope)
        if path.endswith("/messages") and scope["method"] == "POST":
            try:
                body = self.graph.send(path.partition("/")[0], token, raw)
            except Silence:
                await asyncio.sleep(SILENCE_SECONDS)
                return
            await reply(send, 200, body)
            return
        headers = dict(scope["headers"])
        base = f"http://{headers.get(b'host', b'127.0.0.1').decode()}"
        query = dict(parse_qsl(scope["query_string"].decode()))
        answer = self.graph.call(
            Request(scope["method"], path, query, token or query.get("access_token", ""), raw, base)
        )
        await reply(send, 200, json.dumps(answer).encode(), [(b"x-app-usage", usage(self.calls).encode())])

    async def control(self, path: str, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """What tests and benches ask; shapes are in `docs/sandbox.md`."""
        raw = await read(receive)
        if path.startswith("media/"):
            media = self.world.media.get(path.removeprefix("media/"))
            if media is None or media["token"] != _token(scope):
                raise GraphError(190, status=401)
            await reply(send, 200, media["bytes"], [(b"content-type", b"application/octet-stream")])
            return
        handle = CONTROLS.get((scope["method"], path))
        if handle is None:
            raise GraphError(100, f"Unknown path: {path}", status=404)
        found = handle(self, json.loads(raw or b"{}"))
        answer = await found if asyncio.iscoroutine(found) else found
        await reply(send, 200, json.dumps(answer).encode())

    def stats(self, _: dict[str, Any]) -> dict[str, Any]:
        hooks = {"delivered": self.life.delivered, "undelivered": self.life.undelivered, "waiting": len(self.life.due)}
        return {**self.world.ledger.stats(), "webhooks": hooks, "held": len(self.life.held)}

    def accepted(self, _: dict[str, Any]) -> dict[str, int]:
        return dict(self.world.ledger.counts)

    def reset(self, _: dict[str, Any]) -> dict[str, Any]:
        self.world.ledger = Ledger()
        self.world.phones.clear()
        self.life.due.clear()
        self.life.held.clear()
        return {"success": True}

    def options(self, wanted: dict[str, Any]) -> dict[str, Any]:
        known = {f.name for f in fields(Options)}
        for name in wanted:
            if name not in known:
                raise GraphError(100, f"There is no option {name}.")
        for name, value in wanted.items():
            setattr(self.world.options, name, tuple(value) if isinstance(value, list) else value)
        return asdict(self.world.options)

    def release(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"released": self.life.release()}

    def numbers(self, wanted: dict[str, Any]) -> dict[str, Any]:
        self.world.add_number(Number(**wanted))
        return {"success": True}

    def templates(self, wanted: dict[str, Any]) -> dict[str, Any]:
        return self.world.add_template(wanted.pop("waba_id"), wanted)

    def inbound(self, wanted: dict[str, Any]) -> dict[str, Any]:
        number = self.world.numbers[wanted["phone_number_id"]]
        if wanted.get("name"):
            self.world.phone(number.phone_number_id, wanted["from"], wanted["name"]).name = wanted["name"]
        message = wanted.get("message") or {"type": "text", "text": {"body": wanted["text"]}}
        return {"id": self.life.customer_writes(number, wanted["from"], message, wanted.get("text", ""))}

    async def handshake(self, wanted: dict[str, Any]) -> dict[str, Any]:
        number = self.world.numbers[wanted["phone_number_id"]]
        query = {"hub.mode": "subscribe", "hub.verify_token": number.verify_token, "hub.challenge": "271828"}
        async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
            answer = await client.get(number.callback, params=query)
        return {"status": answer.status_code, "echoed": answer.text == "271828"}


CONTROLS: dict[tuple[str, str], Callable[[Sandbox, dict[str, Any]], Any]] = {
    ("GET", "stats"): Sandbox.stats,
    ("GET", "accepted"): Sandbox.accepted,
    ("POST", "reset"): Sandbox.reset,
    ("POST", "options"): Sandbox.options,
    ("POST", "release"): Sandbox.release,
    ("POST", "numbers"): Sandbox.numbers,
    ("POST", "templates"): Sandbox.templates,
    ("POST", "inbound"): Sandbox.inbound,
    ("POST", "handshake"): Sandbox.handshake,
}


async def read(receive: Receive) -> bytes:
    """The whole body; media may be large, nothing else is."""
    parts, size = [], 0
    while True:
        event = await receive()
        parts.append(event.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BODY:
            raise GraphError(131053, "The file is too large.")
        if not event.get("more_body"):
            return b"".join(parts)


async def reply(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    found = headers or []
    if not any(name == b"content-type" for name, _ in found):
        found = [*JSON, *found]
    await send({"type": "http.response.start", "status": status, "headers": found})
    await send({"type": "http.response.body", "body": body})


def serve(host: str, port: int, world: World) -> None:
    """Until SIGTERM or SIGINT."""
    uvloop.run(_serve(host, port, world))


async def _serve(host: str, port: int, world: World) -> None:
    sandbox = Sandbox(world)
    server = Server(sandbox, address=host, port=port, interface=Interfaces.ASGI, log_access=False, backlog=2048)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, server.stop)
    life = asyncio.create_task(sandbox.life.run())
    await server.serve()
    life.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await life
    world.save()


def _token(scope: dict[str, Any]) -> str:
    for name, value in scope["headers"]:
        if name == b"authorization":
            return value.decode("latin-1").removeprefix("Bearer ").removeprefix("OAuth ")
    return ""
