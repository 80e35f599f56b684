"""`python -m masteria.run.bench.hookdoors PORT`: the webhook doors as the web process serves them, without screens."""

from __future__ import annotations

import asyncio
import signal
import sys

import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server
from starlette.applications import Starlette

from masteria.api.hooks import routes
from masteria.config import settings
from masteria.core.logs import set_up_logging


async def serve(port: int) -> None:
    server = Server(Starlette(routes=routes), address="127.0.0.1", port=port, interface=Interfaces.ASGI, backlog=1024)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, server.stop)
    await server.serve()


if __name__ == "__main__":
    set_up_logging(settings())
    uvloop.run(serve(int(sys.argv[1])))
