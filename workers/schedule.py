"""The timetable: what is rung when. One scheduler at a time holds PostgreSQL's advisory lock; others wait behind it."""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
from collections.abc import Callable

import sqlalchemy as sa

from masteria.config import settings
from masteria.core.db import OPS, engine
from masteria.core.logs import set_up_logging
from masteria.flows import installation, upkeep

log = logging.getLogger("masteria.schedule")
LOCK = 0x6D617374  # "mast"

# seconds between two rounds of each; all of them are repeatable and look at the rows, so a missed round is no loss
TIMETABLE: tuple[tuple[float, Callable[[], object]], ...] = (
    (2.0, upkeep.sweep),
    (30.0, installation.look_after),
    (3600.0, upkeep.tidy),
)


def run(stop: threading.Event) -> None:
    """Go round until told to stop; a round that fails is reported and tried again at its next time."""
    next_at = dict.fromkeys(range(len(TIMETABLE)), 0.0)
    with engine(OPS).connect() as connection:
        while not stop.is_set() and not connection.scalar(sa.select(sa.func.pg_try_advisory_lock(LOCK))):
            connection.rollback()
            stop.wait(1)
        while not stop.is_set():
            connection.execute(sa.text("select 1"))  # the lock lives as long as this connection answers
            connection.rollback()
            for number, (seconds, work) in enumerate(TIMETABLE):
                if time.monotonic() >= next_at[number]:
                    next_at[number] = time.monotonic() + seconds
                    _try(work)
            stop.wait(0.5)


def _try(work: Callable[[], object]) -> None:
    try:
        work()
    except Exception:
        log.exception("%s failed", work.__name__)


def main() -> int:
    set_up_logging(settings())
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run(stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
