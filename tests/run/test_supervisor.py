"""The tree of processes: who falls is raised, who hangs is cut off, who is orphaned is ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from masteria.run import supervisor
from masteria.run.supervisor import Child, Supervisor

SLEEP = "import time; time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); {SLEEP}"
PARENT = f"import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', {SLEEP!r}]); print(p.pid, flush=True); p.wait()"


def python(text: str) -> list[str]:
    return [sys.executable, "-c", text]


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.05)


def lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Supervisor]:
    said: list[str] = []
    made = Supervisor(tmp_path / "logs", said.append)
    yield made
    made.stop()


def test_a_fallen_child_is_started_again_after_growing_waits(tree: Supervisor) -> None:
    child = tree.start(Child("falls", python("raise SystemExit(3)"), os.environ))
    waits = []
    while len(waits) < 3:
        tree._look_after(child)
        if child.process is None and (not waits or child.waits != waits[-1]):
            waits.append(child.waits)
        time.sleep(0.02)
    assert waits == [0.5, 1.0, 2.0]


def test_a_deaf_child_is_killed(tree: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "STOP_SECONDS", 0.5)
    child = tree.start(Child("deaf", python(STUBBORN), os.environ))
    until(lambda: tree.tail("deaf"))
    tree.stop()
    assert child.process is not None
    assert child.process.returncode == -signal.SIGKILL


def test_stopping_ends_what_a_child_left_behind(tree: Supervisor) -> None:
    tree.start(Child("parent", python(PARENT), os.environ))
    until(lambda: tree.tail("parent"))
    left = int(tree.tail("parent"))
    tree.stop()
    until(lambda: not lives(left))
    assert not lives(left)


def test_what_holds_data_is_stopped_last(tree: Supervisor) -> None:
    wait = "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: (print(time.monotonic()), sys.exit()))\n"
    for name, holds_data in (("server", True), ("client", False)):
        tree.start(Child(name, python(f"{wait}print('up', flush=True)\n{SLEEP}"), os.environ, holds_data=holds_data))
        until(lambda name=name: tree.tail(name))
    tree.stop()
    assert float(tree.tail("client", 1)) < float(tree.tail("server", 1))


def test_a_command_gives_its_output_and_code(tree: Supervisor, tmp_path: Path) -> None:
    heard: list[str] = []
    code, lines = tree.run(
        python("print('one'); print('two'); raise SystemExit(4)"), os.environ, tmp_path, heard.append
    )
    assert (code, lines, heard) == (4, ["one", "two"], ["one", "two"])


def test_nothing_outlives_a_killed_parent(tmp_path: Path) -> None:
    program = f"""if True:
        import os, sys
        from pathlib import Path
        from masteria.run.supervisor import Child, Supervisor
        tree = Supervisor(Path({str(tmp_path)!r}), print)
        tree.start(Child("deaf", [sys.executable, "-c", {STUBBORN!r}], os.environ))
        tree.run([sys.executable, "-c", {PARENT!r}], os.environ, Path("/"), lambda line: print(line, flush=True))
    """
    with subprocess.Popen(python(program), stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        grandchild = int(parent.stdout.readline())
        until(lambda: (tmp_path / "deaf.log").read_text())
        family = [p.pid for p in psutil.Process(parent.pid).children(recursive=True)]
        parent.kill()
    assert grandchild in family
    until(lambda: not any(map(lives, family)), 15)


def test_a_long_log_keeps_one_older_part(tree: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "LOG_BYTES", 1000)
    loud = "import time\nfor _ in range(10**6):\n    print('x' * 80, flush=True)\n    time.sleep(0.001)"
    tree.start(Child("loud", python(loud), os.environ))
    log = tree.logs / "loud.log"
    until(lambda: log.exists() and log.stat().st_size > 5000)
    tree._turn_logs()
    assert (tree.logs / "loud.log.1").stat().st_size > 5000
    until(lambda: log.read_bytes().startswith(b"x"))
