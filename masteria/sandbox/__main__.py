"""`python -m masteria.sandbox`: start the sandbox alone."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

from masteria.sandbox.options import SandboxOptions
from masteria.sandbox.server import serve

log = logging.getLogger("masteria.sandbox")


def parser() -> argparse.ArgumentParser:
    """The options of `masteria sandbox`."""
    found = argparse.ArgumentParser(
        prog="masteria sandbox",
        description="Meta's Graph API and the customers' phones on loopback. Nothing leaves this machine.",
        epilog="example: masteria sandbox --port 3900 --callback http://127.0.0.1:3000/webhooks/meta",
    )
    found.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    found.add_argument("--port", type=int, default=3900, help="default %(default)s")
    found.add_argument("--smtp-port", type=int, default=0, help="also take mail there, to be read at /mailbox")
    found.add_argument("--callback", default="", help="where the sample number's webhooks go")
    found.add_argument("--data", type=Path, help="a file that keeps the phones between starts")
    found.add_argument(
        "--latency", type=_latency, default=(0.05, 0.15), metavar="MS", help="milliseconds an answer takes (50-150)"
    )
    found.add_argument("--rate", type=float, default=0, help="messages a second a number may send; above it 130429")
    found.add_argument("--pair-limit", action="store_true", help="limit messages to one person (131056)")
    found.add_argument("--seed", type=int, default=7, help="the same seed, the same world (default %(default)s)")
    found.add_argument("--living", action="store_true", help="some customers answer by themselves")
    found.add_argument(
        "--fast", action="store_true", help="for load: counters only; no statuses, phones, magic numbers"
    )
    return found


def main(argv: list[str] | None = None) -> int:
    """Serve until stopped; 1 when the port is taken."""
    wanted = parser().parse_args(argv)
    logging.basicConfig(level="INFO", format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel("WARNING")
    options = SandboxOptions(
        callback=wanted.callback,
        data=wanted.data,
        seed=wanted.seed,
        latency=wanted.latency,
        rate=wanted.rate,
        pair_limit=wanted.pair_limit,
        living=wanted.living,
        statuses=not wanted.fast,
        keep_phones=not wanted.fast,
        magic=not wanted.fast,
    )
    try:
        serve(wanted.host, wanted.port, options, smtp_port=wanted.smtp_port)
    except OSError as error:
        log.error("Port %s cannot be used: %s. Choose another with --port.", wanted.port, os.strerror(error.errno or 0))
        return 1
    return 0


def _latency(text: str) -> tuple[float, float]:
    low, _, high = text.partition("-")
    try:
        found = float(low) / 1000, float(high or low) / 1000
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not like 50-150") from None
    if not 0 <= found[0] <= found[1]:
        raise argparse.ArgumentTypeError(f"{text!r} is not like 50-150")
    return found


if __name__ == "__main__":
    sys.exit(main())
