"""Outlives a killed `masteria up` by seconds: ends what is left of its tree, then itself. Only the standard library.

Linux asks the children themselves to go (see supervisor.py); this one sees to those who cannot hear: the helpers of a
build, a child that hangs, every child where Linux is not.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

GRACE_SECONDS = 8
PROC = Path("/proc")


def main() -> int:
    """Read `+pid signal` and `-pid` from stdin; its end means that the supervisor is gone."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    alive: dict[int, int] = {}
    for line in sys.stdin:
        word, _, number = line.strip().partition(" ")
        if word.startswith("+"):
            alive[int(word[1:])] = int(number)
        else:
            alive.pop(int(word[1:]), None)
    end(alive)
    return 0


def end(leaders: dict[int, int], grace: float = GRACE_SECONDS) -> None:
    """Wait for these sessions to end by themselves, then kill who is left in them."""
    if sys.platform != "linux":
        for pid, number in leaders.items():
            with contextlib.suppress(OSError):
                os.kill(pid, number)
    deadline = time.monotonic() + grace
    while (left := members(set(leaders))) and time.monotonic() < deadline:
        time.sleep(0.1)
    for pid in left:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def members(sessions: set[int]) -> list[int]:
    """The living processes of these sessions; each child of the supervisor leads one of its own."""
    if not PROC.is_dir():
        return [pid for pid in sessions if _answers(pid)]
    found = []
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                # the name may hold spaces and brackets: state, parent, group, session come after its last bracket
                state, _, _, session = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
                if int(session) in sessions and state not in "ZX":
                    found.append(int(entry.name))
    return found


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
