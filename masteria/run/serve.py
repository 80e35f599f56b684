"""The web process: screens, REST and webhooks on one port, from the build that `masteria up` made."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys

# read by Reflex at its first import
os.environ.setdefault("REFLEX_ENV_MODE", "prod")
os.environ["__REFLEX_SKIP_COMPILE"] = "true"
os.environ["__REFLEX_MOUNT_FRONTEND_COMPILED_APP"] = "true"

import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server

from masteria.config import settings
from masteria.core.logs import set_up_logging
from masteria.run.environment import ROOT


async def serve(host: str, port: int) -> None:
    """Until SIGTERM or SIGINT. One process: no forked server can outlive its parent."""
    from masteria.masteria import app  # after the environment is set; imports every screen

    built = app()
    gc.collect()
    gc.freeze()  # the screens stay for ever: looking through them for circles held up every answer for a tenth of a second
    server = Server(built, address=host, port=port, interface=Interfaces.ASGI, log_access=False, backlog=1024)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    await server.serve()


def main() -> int:
    os.chdir(ROOT)
    set_up_logging(settings())
    uvloop.run(serve(settings().host, settings().port))
    return 0


if __name__ == "__main__":
    sys.exit(main())
