"""Who answers the messages and counts them: our small C program, else the Python sandbox. The same for both sides."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import urllib.request
from functools import cache
from pathlib import Path
from typing import Any

from masteria.run import embedded, environment
from masteria.run.environment import ROOT

SOURCES = ROOT / "bench" / "receiver"
CEILING_REQUESTS, CEILING_CONNECTIONS = 200_000, 100


class Receiver:
    """How to start it, and what it counted."""

    def __init__(self, latency: str) -> None:
        self.port = embedded.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        program, (low, _, high) = compiled("receiver"), latency.partition("-")
        self.kind = "c" if program else "sandbox"
        self.command = [str(program), str(self.port), low, high or low]
        if program is None:
            options = ["--port", str(self.port), "--fast", "--latency", latency]
            self.command = [sys.executable, "-m", "masteria.sandbox", *options]

    def answers(self) -> bool:
        try:
            return bool(self.ask("stats"))
        except OSError:
            return False

    def ask(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_sandbox/{path}", data, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)


@cache
def compiled(name: str) -> Path | None:
    """A program of `bench/receiver/`, compiled on first use and kept; None without a C compiler."""
    source = SOURCES / f"{name}.c"
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None or not source.exists():
        tell("No C compiler: the Python sandbox receives the messages, and its ceiling may be what is measured.")
        return None
    folder = cache_folder()
    program = folder / f"{name}-{hashlib.sha256(source.read_bytes()).hexdigest()[:12]}"
    if not program.exists():
        fresh = program.with_suffix(".new")
        subprocess.run([compiler, "-O2", "-o", str(fresh), str(source)], check=True)
        fresh.rename(program)
    return program


def ceiling(latency: str = "0") -> float | None:
    """Requests a second that it answers to a closed loop, each on a core of its own; None for the sandbox."""
    from masteria.run.bench.cores import SERVERS, WORKER, pinned

    load, receiver = compiled("load"), Receiver(latency)
    if load is None or receiver.kind != "c":
        return None
    server = subprocess.Popen(receiver.command, preexec_fn=pinned(SERVERS))
    try:
        while not receiver.answers():
            if server.poll() is not None:
                return None
        command = [str(load), str(receiver.port), str(CEILING_CONNECTIONS), str(CEILING_REQUESTS)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, preexec_fn=pinned(WORKER))
        return float(done.stdout) if done.returncode == 0 else None
    finally:
        server.terminate()
        server.wait()


def cache_folder() -> Path:
    """Of the data directory: what is compiled or installed for benchmarks alone."""
    folder = environment.data_dir() / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def tell(text: str) -> None:
    """To the person, beside the figures."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201
