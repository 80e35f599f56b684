"""The sandbox's server: which call goes where, after what latency, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
from collections.abc import Awaitable, Coroutine
from typing import Any

import uvloop

from masteria.sandbox import mailbox, media
from masteria.sandbox.control import Control, argument
from masteria.sandbox.errors import GraphError
from masteria.sandbox.graph import VERSION, Graph, Reply
from masteria.sandbox.http import Call, Connection, Exchange
from masteria.sandbox.life import Life
from masteria.sandbox.oauth_pages import Providers
from masteria.sandbox.options import SandboxOptions
from masteria.sandbox.pages import Pages
from masteria.sandbox.world import World

log = logging.getLogger("masteria.sandbox")
SILENCE_SECONDS = 120
BACKLOG = 2048


class Sandbox:
    """`/v2x.0/…` is Graph, `/_sandbox/…` steers and counts, `/oidc/…` vouches; `/phones`, `/mailbox`, `/` are for people."""

    def __init__(self, options: SandboxOptions) -> None:
        self.world = World(options)
        self.life = Life(self.world)
        self.graph = Graph(self.world, self.life)
        self.providers = Providers()
        self.control = Control(self.world, self.life, self.graph, self.providers)
        self.pages = Pages(self.world, self.life)
        self.tasks: set[asyncio.Task[None]] = set()

    def handle(self, call: Call, exchange: Exchange) -> None:
        found = VERSION.fullmatch(call.path)
        if found:
            self._graph(found[1], call, exchange)
        elif call.path.startswith("/_sandbox/"):
            self._control(call.path.removeprefix("/_sandbox/"), call, exchange)
        elif call.path.startswith("/oidc/"):
            self.providers.answer(call, exchange)
        elif call.path.startswith(("/phones", "/mailbox")) or call.path == "/":
            self._page(call, exchange)
        else:
            _refuse(exchange, GraphError(100, f"Unknown path components: {call.path}", status=404))

    def _graph(self, path: str, call: Call, exchange: Exchange) -> None:
        """The message counts when it comes; the answer comes after the latency."""
        more: tuple[tuple[str, str], ...] = ()
        try:
            number, _, kind = path.partition("/")
            if call.method == "POST" and kind in ("messages", "marketing_messages"):
                reply = self.graph.send(number, call.token, call.body, marketing=kind != "messages")
            else:
                reply = Reply(200, json.dumps(self.graph.call(call, path)).encode())
                more = self._usage()
        except GraphError as error:
            reply = Reply(error.status, error.body())
            more = (("retry-after", str(error.retry_after)),) if error.retry_after else ()
        low, high = self.world.options.latency
        if reply.silent:
            asyncio.get_running_loop().call_later(SILENCE_SECONDS, exchange.cut)
        elif high > 0:
            delay = self.world.random.uniform(low, high)
            asyncio.get_running_loop().call_later(delay, _answer, exchange, reply, more)
        else:
            _answer(exchange, reply, more)

    def _usage(self) -> tuple[tuple[str, str], ...]:
        share = self.world.options.usage
        app = {"call_count": share, "total_time": share, "total_cputime": share}
        account = {"type": "whatsapp_business_management", **app, "estimated_time_to_regain_access": int(share >= 100)}
        waba = next(iter(self.world.numbers.values())).waba_id
        return (("x-app-usage", json.dumps(app)), ("x-business-use-case-usage", json.dumps({waba: [account]})))

    def _control(self, name: str, call: Call, exchange: Exchange) -> None:
        try:
            if name.startswith("media/"):
                found = media.download(self.world, call, name.removeprefix("media/"))
                exchange.reply(200, found.content, found.mime)
                return
            answer = self.control.find(call.method, name)(argument(call))
        except GraphError as error:
            _refuse(exchange, error)
            return
        if isinstance(answer, dict):
            exchange.json(200, answer)
        else:
            self._later(self._awaited(answer, exchange))

    async def _awaited(self, answer: Awaitable[dict[str, Any]], exchange: Exchange) -> None:
        try:
            exchange.json(200, await answer)
        except GraphError as error:
            _refuse(exchange, error)
        except Exception as error:
            exchange.json(502, {"error": {"message": str(error), "code": 1}})

    def _page(self, call: Call, exchange: Exchange) -> None:
        stream = self.pages.answer(call, exchange)
        if stream is not None:
            self._later(stream)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


def _answer(exchange: Exchange, reply: Reply, more: tuple[tuple[str, str], ...]) -> None:
    if reply.cut:
        exchange.cut()
    else:
        exchange.reply(reply.status, reply.body, more=more)


def _refuse(exchange: Exchange, error: GraphError) -> None:
    exchange.reply(error.status, error.body())


def serve(host: str, port: int, options: SandboxOptions, *, smtp_port: int = 0) -> None:
    """Until SIGTERM or SIGINT; `OSError` when a port is taken. Without an `smtp_port` no mail is taken."""
    uvloop.run(_serve(host, port, options, smtp_port))


async def _serve(host: str, port: int, options: SandboxOptions, smtp_port: int) -> None:
    loop, stop, everyone = asyncio.get_running_loop(), asyncio.Event(), set[Connection]()
    sandbox = Sandbox(options)
    server = await loop.create_server(lambda: Connection(sandbox.handle, everyone), host, port, backlog=BACKLOG)
    post = await mailbox.listen(sandbox.world.mailbox, host, smtp_port) if smtp_port else None
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    life = asyncio.create_task(sandbox.life.run())
    log.info("The sandbox listens on http://%s:%s; the customers' phones are at /phones", host, port)
    await stop.wait()
    server.close()
    if post is not None:
        post.close()
    for connection in tuple(everyone):
        connection.close()
    for task in (life, *sandbox.tasks):
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await life
    await sandbox.life.postman.close()
    sandbox.world.save()
