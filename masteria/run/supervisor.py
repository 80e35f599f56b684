"""One tree of processes: started in order, restarted when they fall, stopped in reverse, never left behind."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

STOP_SECONDS = 8
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
LOG_BYTES = 5_000_000
PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """A command that must run. `waits` grows while it keeps falling within its first half minute."""

    name: str
    command: list[str]
    env: dict[str, str]
    user: str | None = None
    stop_signal: int = signal.SIGTERM
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    waits: float = FIRST_WAIT
    again_at: float = field(default=0.0)


class Supervisor:
    """Owns the children of one `masteria up`."""

    def __init__(self, logs: Path, say: Callable[[str], None]) -> None:
        self.logs = logs
        self.say = say
        self.children: list[Child] = []
        self.stopping = threading.Event()
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, child: Child) -> Child:
        """Start a child and keep it running from now on."""
        self.children.append(child)
        self._spawn(child)
        return child

    def watch(self) -> None:
        """Until asked to stop: look for fallen children and start them again, each after its wait."""
        while not self.stopping.wait(0.2):
            for child in self.children:
                self._look_after(child)

    def stop(self) -> None:
        """Ask each in reverse order of its start, together for what does not hold data, then insist."""
        self.stopping.set()
        deadline = time.monotonic() + STOP_SECONDS
        servers = [c for c in self.children if c.name in ("postgres", "redis")]
        for group in ([c for c in reversed(self.children) if c not in servers], list(reversed(servers))):
            for child in group:
                _signal(child, child.stop_signal)
            for child in group:
                _wait(child, deadline)
            deadline = max(deadline, time.monotonic() + 2)

    def _look_after(self, child: Child) -> None:
        if child.process is not None and child.process.poll() is None:
            return
        moment = time.monotonic()
        if child.process is not None:
            child.waits = FIRST_WAIT if moment - child.started_at > 30 else min(child.waits * 2, LONGEST_WAIT)
            self.say(
                f"{child.name} ended ({_ending(child.process.returncode)}); starting it again in {child.waits:.0f} s"
            )
            child.process, child.again_at = None, moment + child.waits
        elif moment >= child.again_at:
            self._spawn(child)

    def _spawn(self, child: Child) -> None:
        log = self.logs / f"{child.name}.log"
        if log.exists() and log.stat().st_size > LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as output:
            child.process = subprocess.Popen(
                child.command,
                env=child.env,
                user=child.user,
                group=pwd.getpwnam(child.user).pw_gid if child.user else None,
                extra_groups=[] if child.user else None,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(child.stop_signal, os.getpid()),
            )
        child.started_at = time.monotonic()


def die_with_parent(number: int, parent: int) -> Callable[[], None]:
    """For a child's first moment: Linux sends it `number` when its parent is gone, also by SIGKILL."""

    def arrange() -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)
            if os.getppid() != parent:
                os._exit(1)

    return arrange


def _signal(child: Child, number: int) -> None:
    if child.process is not None and child.process.poll() is None:
        child.process.send_signal(number)


def _wait(child: Child, deadline: float) -> None:
    if child.process is None:
        return
    try:
        child.process.wait(max(0.1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        try:
            os.killpg(child.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        child.process.wait()


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"code {code}"
