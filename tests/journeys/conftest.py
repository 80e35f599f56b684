"""The whole product as a newcomer starts it: `masteria up` with its own PostgreSQL and Redis, Meta played by the sandbox."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from masteria.run.testing import BROWSERS
from tests.ports import free_port, wait_for_port
from tests.stage import Process, SandboxProcess

FLAGS = [
    "--accept-lang=pt-BR",  # of sockets too: older ones take only pages' from the context
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
NEEDED = (
    "PATH",
    "HOME",
    "LANG",
    "NPM_CONFIG_REGISTRY",
    "SSL_CERT_FILE",
    "NODE_EXTRA_CA_CERTS",
    "PYTHONPATH",
    "REFLEX_DIR",
)


@dataclass
class Panel:
    """A running installation: its address and the link of its first run."""

    url: str
    setup: str
    sandbox: SandboxProcess
    process: subprocess.Popen[str]
    data: Path


@pytest.fixture(scope="session")
def panel() -> Iterator[Panel]:
    sandbox, port = SandboxProcess("--latency", "5-20"), free_port()
    with data_folder() as data:
        process, setup = up("--port", str(port), "--data-dir", str(data), META_GRAPH_URL=sandbox.url)
        yield Panel(f"http://127.0.0.1:{port}", setup, sandbox, process, data)
        process.send_signal(signal.SIGTERM)
        process.wait(15)
    sandbox.stop()


@pytest.fixture(scope="session")
def web(services: None) -> Iterator[str]:
    """The web process as in production; the Meta it knows is a port where nobody listens."""
    port, nowhere = free_port(), free_port()
    process = Process("-m", "masteria.run.serve", MASTERIA_PORT=str(port), META_GRAPH_URL=f"http://127.0.0.1:{nowhere}")
    wait_for_port(port)
    yield f"http://127.0.0.1:{port}"
    process.stop()


@contextmanager
def data_folder() -> Iterator[Path]:
    """Not one of pytest's: those are closed to PostgreSQL's user again as soon as another pytest starts beside this one."""
    with tempfile.TemporaryDirectory(prefix="masteria-journey-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def up(*options: str, **env: str) -> tuple[subprocess.Popen[str], str]:
    """`masteria up` in an environment like a newcomer's, once everything runs; and its first-run link, if it has one."""
    env = {name: os.environ[name] for name in NEEDED if name in os.environ} | env
    command = [sys.executable, "-m", "masteria.run.cli", "up", *options]
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return process, _wait(process)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = os.environ.get("MASTERIA_TEST_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found:
        pytest.skip("no Chromium on this machine: install it, e.g. Debian's package chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="pt-BR", viewport={"width": 1280, "height": 860})
    context.set_default_timeout(20_000)
    opened = context.new_page()
    yield opened
    context.close()


def _wait(process: subprocess.Popen[str], seconds: float = 300) -> str:
    """The first-run link once everything runs; the output if it does not."""
    deadline, lines, link = time.monotonic() + seconds, [], ""
    while time.monotonic() < deadline and process.stdout is not None:
        line = process.stdout.readline()
        lines.append(line)
        if found := re.search(r"(http\S+/setup\?token=\w+)", line):
            link = found[1]
        if line.startswith("Ready in"):
            return link
        if not line and process.poll() is not None:
            break
    raise AssertionError("masteria up did not start:\n" + "".join(lines))
