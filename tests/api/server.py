"""The front app alone: `python -m tests.api.server PORT`."""

from __future__ import annotations

import asyncio
import signal
import sys

import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server

from masteria.api.app import build
from tests.api.api import PLENTY


async def serve(port: int) -> None:
    server = Server(build(PLENTY), address="127.0.0.1", port=port, interface=Interfaces.ASGI)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.stop)
    await server.serve()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
