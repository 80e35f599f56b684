"""One tree of processes: started in order, restarted when they fall, stopped in reverse, never left behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

STOP_SECONDS, SERVERS_SECONDS = 5.0, 4.0  # together below the ten that are promised
FIRST_WAIT, LONGEST_WAIT, STEADY = 0.5, 30.0, 30.0
LOG_BYTES, LOG_LOOK = 5_000_000, 20.0
PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """A command that must run. `waits` grows while it keeps falling within its first half minute."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    user: str | None = None
    stop_signal: int = signal.SIGTERM
    holds_data: bool = False
    process: subprocess.Popen[str] | None = None
    started_at: float = 0.0
    waits: float = FIRST_WAIT / 2
    again_at: float = 0.0

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Owns the children of one `masteria up`. `lock`: a file descriptor that the guardian keeps open to the end."""

    def __init__(self, logs: Path, say: Callable[[str], None], lock: int | None = None) -> None:
        self.logs = logs
        self.say = say
        self.children: list[Child] = []
        self.stopping = threading.Event()
        self._lock = lock
        self._looked_at = time.monotonic()
        self._guardian: subprocess.Popen[str] | None = None
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, child: Child) -> Child:
        """Start a child and keep it running from now on."""
        self.children.append(child)
        self._spawn(child)
        return child

    def run(
        self, command: Sequence[str], env: Mapping[str, str], cwd: Path, hear: Callable[[str], None] | None = None
    ) -> tuple[int, list[str]]:
        """A command that comes to an end, with all it started: exit code and output, each line also to `hear`."""
        process = _popen(Child(command[0], command, env, stop_signal=signal.SIGKILL), subprocess.PIPE, cwd)
        self._tell(f"+{process.pid} {signal.SIGKILL}")
        lines: list[str] = []
        try:
            for line in process.stdout or ():
                lines.append(line.rstrip())
                if hear:
                    hear(lines[-1])
            return process.wait(), lines
        finally:
            _kill_group(process)
            self._tell(f"-{process.pid}")

    def watch(self) -> None:
        """Until asked to stop: look for fallen children and start them again, each after its wait."""
        while not self.stopping.wait(0.2):
            for child in self.children:
                self._look_after(child)
            if time.monotonic() - self._looked_at > LOG_LOOK:
                self._looked_at = time.monotonic()
                self._turn_logs()

    def stop(self) -> None:
        """Ask each in reverse order of its start, those that hold data last, then insist."""
        self.stopping.set()
        for holds_data, seconds in ((False, STOP_SECONDS), (True, SERVERS_SECONDS)):
            group = [child for child in reversed(self.children) if child.holds_data is holds_data]
            for child in group:
                if child.process is not None and child.runs:
                    child.process.send_signal(child.stop_signal)
            deadline = time.monotonic() + seconds
            for child in group:
                self._wait(child, deadline)
        if self._guardian and self._guardian.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._guardian.stdin.close()
            self._guardian.wait()
            self._guardian = None

    def tail(self, name: str, count: int = 15) -> str:
        """The last lines that this child wrote."""
        log = self.logs / f"{name}.log"
        return "\n".join(log.read_text("utf-8", "replace").splitlines()[-count:]) if log.exists() else ""

    def _look_after(self, child: Child) -> None:
        if child.runs:
            return
        moment = time.monotonic()
        if child.process is not None:
            _kill_group(child.process)  # what it may have left behind
            self._tell(f"-{child.process.pid}")
            child.waits = FIRST_WAIT if moment - child.started_at > STEADY else min(child.waits * 2, LONGEST_WAIT)
            ending = _ending(child.process.returncode)
            self.say(
                f"{child.name} ended ({ending}); starting it again in {child.waits:g} s. Its log: {self._log(child)}"
            )
            child.process, child.again_at = None, moment + child.waits
        elif moment >= child.again_at:
            self._spawn(child)

    def _spawn(self, child: Child) -> None:
        with self._log(child).open("a") as output:
            child.process = _popen(child, output)
        child.started_at = time.monotonic()
        self._tell(f"+{child.process.pid} {int(child.stop_signal)}")

    def _wait(self, child: Child, deadline: float) -> None:
        if child.process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.process.wait(max(0.05, deadline - time.monotonic()))
        _kill_group(child.process)
        self._tell(f"-{child.process.pid}")

    def _turn_logs(self) -> None:
        """Keep one older part. The children go on writing at the end of the same, now empty, file."""
        for log in self.logs.glob("*.log"):
            if log.stat().st_size > LOG_BYTES:
                shutil.copyfile(log, log.with_suffix(".log.1"))
                os.truncate(log, 0)

    def _log(self, child: Child) -> Path:
        return self.logs / f"{child.name}.log"

    def _tell(self, line: str) -> None:
        """Let the guardian know who came (`+pid signal`) or went (`-pid`)."""
        if self._guardian is None and line.startswith("+"):
            self._guardian = subprocess.Popen(
                [sys.executable, "-m", "masteria.run.guardian"],
                stdin=subprocess.PIPE,
                text=True,
                bufsize=1,
                start_new_session=True,
                pass_fds=[] if self._lock is None else [self._lock],
            )
        if self._guardian and self._guardian.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._guardian.stdin.write(f"{line}\n")


def die_with_parent(number: int, parent: int) -> Callable[[], None]:
    """For a child's first moment: Linux sends it `number` when its parent is gone, also by SIGKILL."""

    def arrange() -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(number))
            if os.getppid() != parent:
                os._exit(1)

    return arrange


def _popen(child: Child, output: IO[str] | int, cwd: Path | None = None) -> subprocess.Popen[str]:
    """The leader of a session of its own, so that Ctrl-C reaches us alone and its helpers can be found."""
    return subprocess.Popen(
        list(child.command),
        env=dict(child.env),
        cwd=cwd,
        user=child.user,
        group=pwd.getpwnam(child.user).pw_gid if child.user else None,
        extra_groups=[] if child.user else None,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
        preexec_fn=die_with_parent(child.stop_signal, os.getpid()),
    )


def _kill_group(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"code {code}"
