"""`python -m masteria.sandbox`: start the sandbox alone."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from masteria.sandbox.server import serve
from masteria.sandbox.world import Options, World


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(
        prog="masteria sandbox",
        description="Meta's Graph API and customers' phones on loopback, for trying things out. Nothing leaves this machine.",
        epilog="example: masteria sandbox --port 3900 --callback http://127.0.0.1:3000/webhooks/meta",
    )
    found.add_argument("--port", type=int, default=3900)
    found.add_argument("--callback", default="", help="where the sample number's webhooks go")
    found.add_argument("--data", type=Path, help="a file that keeps the phones between starts")
    found.add_argument(
        "--latency", default="50-150", help="milliseconds an answer takes, as low-high (default %(default)s)"
    )
    found.add_argument("--rate", type=float, default=0, help="messages a second a number may send; above it 130429")
    found.add_argument("--living", action="store_true", help="some customers answer by themselves")
    found.add_argument("--fast", action="store_true", help="for load: no statuses, no phones, counters only")
    return found


def main(argv: list[str] | None = None) -> int:
    wanted = parser().parse_args(argv)
    logging.basicConfig(level="INFO", format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel("WARNING")
    low, _, high = wanted.latency.partition("-")
    options = Options(
        latency=(float(low) / 1000, float(high or low) / 1000),
        rate=wanted.rate,
        living=wanted.living,
        statuses=not wanted.fast,
        keep_phones=not wanted.fast,
    )
    serve("127.0.0.1", wanted.port, World(options, wanted.callback, wanted.data))
    return 0


if __name__ == "__main__":
    sys.exit(main())
