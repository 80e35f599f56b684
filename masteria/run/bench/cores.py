"""One core for the worker, another for the servers and the receiver: both sides of a comparison get the same."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_HAS = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
WORKER, SERVERS = ({_HAS[0]}, {_HAS[1]}) if len(_HAS) > 1 else (set[int](), set[int]())


def pinned(cores: set[int]) -> Callable[[], None]:
    """For a child's first moment; nothing where there is one core only."""

    def arrange() -> None:
        if cores:
            os.sched_setaffinity(0, cores)

    return arrange


def pin(pid: int, cores: set[int]) -> None:
    """A process that has just begun: its threads and children come after."""
    if cores:
        os.sched_setaffinity(pid, cores)


@contextmanager
def beside_the_servers() -> Iterator[None]:
    """This process keeps off the worker's core, and so do the children it starts."""
    pin(0, SERVERS)
    try:
        yield
    finally:
        pin(0, set(_HAS))
