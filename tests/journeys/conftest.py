"""The whole product as a newcomer starts it: `masteria up` with its own PostgreSQL and Redis, Meta played by the sandbox."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from masteria.run.testing import BROWSERS
from tests.ports import free_port
from tests.stage import SandboxProcess

FLAGS = [
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
def panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Panel]:
    sandbox, data, port = SandboxProcess("--latency", "5-20"), tmp_path_factory.mktemp("panel"), free_port()
    env = {name: os.environ[name] for name in NEEDED if name in os.environ} | {"META_GRAPH_URL": sandbox.url}
    command = [sys.executable, "-m", "masteria.run.cli", "up", "--port", str(port), "--data-dir", str(data)]
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    setup = _wait(process)
    yield Panel(f"http://127.0.0.1:{port}", setup, sandbox, process, data)
    process.send_signal(signal.SIGTERM)
    process.wait(15)
    sandbox.stop()


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
