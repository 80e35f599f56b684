"""The webhook doors alone: `python -m tests.hookserver PORT`."""

from __future__ import annotations

import asyncio
import signal
import sys

import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server
from starlette.applications import Starlette

from masteria.api.hooks import routes


async def serve(port: int) -> None:
    server = Server(Starlette(routes=routes), address="127.0.0.1", port=port, interface=Interfaces.ASGI)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.stop)
    await server.serve()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
