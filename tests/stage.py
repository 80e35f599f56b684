"""Real processes for a test: the sandbox, a worker, a web server with the webhook doors. All on loopback, all stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from masteria.core.access import Actor
from masteria.models import Connection
from masteria.run.supervisor import Child, Supervisor
from tests.cast import a_connection
from tests.ports import free_port, wait_for_port


class Process:
    """A child of the test run, in a group of its own."""

    def __init__(self, *command: str, **env: str) -> None:
        self.command, self.env = command, env
        self.start()

    def start(self) -> None:
        self.child = subprocess.Popen(
            [sys.executable, *self.command],
            env={**os.environ, **self.env},
            stdout=subprocess.DEVNULL,
            stderr=None if os.environ.get("MASTERIA_TEST_LOUD") else subprocess.DEVNULL,
        )

    def kill(self) -> None:
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()

    def stop(self) -> None:
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()


class SandboxProcess(Process):
    """The outside world. `number` makes a business number that a company's connection can use."""

    def __init__(self, *options: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        super().__init__("-m", "masteria.sandbox", "--port", str(self.port), *options)

    def start(self) -> None:
        super().start()
        wait_for_port(self.port)

    def get(self, path: str) -> Any:
        return httpx.get(f"{self.url}/_sandbox/{path}", timeout=30).raise_for_status().json()

    def post(self, path: str, **body: Any) -> Any:
        return httpx.post(f"{self.url}/_sandbox/{path}", json=body, timeout=30).raise_for_status().json()

    def number(self, actor: Actor, callback: str = "", **values: Any) -> Connection:
        """A number known on both sides: the sandbox's and this company's."""
        connection = a_connection(actor, external_id=digits(), account_id=digits(), **values)
        self.know(connection, callback)
        return connection

    def know(self, connection: Connection, callback: str = "") -> None:
        self.post(
            "numbers",
            phone_number_id=connection.external_id,
            waba_id=connection.account_id,
            display_number=connection.address,
            access_token=connection.access_token,
            app_secret=connection.app_secret,
            verify_token=connection.verify_token,
            callback=f"{callback}/{connection.id}" if callback else "",
        )


class HookProcess(Process):
    """The webhook doors of the product, served as in production."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/webhooks/meta"
        super().__init__("-m", "tests.hookserver", str(self.port))
        wait_for_port(self.port)


def worker(queue: str, **env: str) -> Process:
    return Process("-m", "workers", "--queue", queue, **env)


class Crew:
    """Processes that are started again when they fall, as `masteria up` does: a worker ends when Redis goes under it."""

    def __init__(self, folder: Path) -> None:
        self.tree = Supervisor(folder / "logs", lambda _: None)
        self.watch = threading.Thread(target=self.tree.watch, daemon=True)

    def start(self, *commands: tuple[str, ...], **env: str) -> None:
        """Once, all of them."""
        for n, command in enumerate(commands):
            self.tree.start(Child(f"{command[-1]}-{n}", [sys.executable, *command], {**os.environ, **env}))
        self.watch.start()

    def stop(self) -> None:
        self.tree.stopping.set()
        if self.watch.is_alive():
            self.watch.join()
        self.tree.stop()


def until(condition: Callable[[], Any], seconds: float = 30, tell: Callable[[], object] = str) -> Any:
    """The condition's first true value, or an assertion error that tells how things stand."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {tell()}")


def digits() -> str:
    return str(int.from_bytes(os.urandom(6), "big") + 10**14)
