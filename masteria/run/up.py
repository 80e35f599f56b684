"""`masteria up`: the whole product on one machine, as one tree of processes."""

from __future__ import annotations

import os
import signal
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from masteria.core.jobs import QUEUES
from masteria.kit.errors import Conflict, Invalid
from masteria.run import embedded, environment
from masteria.run.environment import ROOT
from masteria.run.supervisor import Child, Supervisor
from masteria.sandbox import vouchers


@dataclass(frozen=True)
class Wish:
    """What the person asked for."""

    port: int
    data_dir: Path
    workers: int
    demo: bool
    sandbox_port: int


def up(wish: Wish) -> int:
    """Start everything, say where it is, look after it until Ctrl-C or SIGTERM."""
    with environment.only_one(wish.data_dir) as lock:
        return Start(wish, lock).run()


class Start:
    """The steps in their order; each says in one line what it does."""

    def __init__(self, wish: Wish, lock: int) -> None:
        self.wish = wish
        self.began = time.monotonic()
        self.tree = Supervisor(wish.data_dir / "logs", say, lock)
        self.env = environment.with_keys(dict(os.environ), wish.data_dir) | {
            "MASTERIA_PORT": str(wish.port),
            "MASTERIA_DEMO": "1" if wish.demo else "",
        }

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(0))
        try:
            self.services()
            self.screens()
            self.processes()
            self.tree.watch()
        finally:
            # a second Ctrl-C must not cut the stopping short
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            if self.tree.children:
                say("Stopping…")
            environment.forget(self.wish.data_dir)
            self.tree.stop()
        return 0

    def services(self) -> None:
        for port, name in self.ports():
            if trouble := embedded.port_trouble(port):
                raise Conflict(f"{trouble} Choose another with {name}.")
        if not self.env.get("DATABASE_URL"):
            say("Starting PostgreSQL…")
            self.env["DATABASE_URL"] = embedded.start(self.tree, embedded.postgres(self.wish.data_dir))
        if not self.env.get("REDIS_URL"):
            self.env["REDIS_URL"] = embedded.start(self.tree, embedded.redis(self.wish.data_dir))
        if self.wish.demo:
            self.sandbox()
        os.environ.update(self.env)
        environment.remember(
            self.wish.data_dir, {"pid": os.getpid(), **{n: self.env[n] for n in REMEMBERED if n in self.env}}
        )
        self.step("masteria.run.cli", "migrate")

    def ports(self) -> list[tuple[int, str]]:
        return [(self.wish.port, "--port"), *([(self.wish.sandbox_port, "--sandbox-port")] if self.wish.demo else [])]

    def sandbox(self) -> None:
        address = f"http://127.0.0.1:{self.wish.sandbox_port}"
        self.env |= {"META_GRAPH_URL": address, "MASTERIA_SANDBOX_URL": address}
        if not any(name in self.env for name in ("GOOGLE_CLIENT_ID", "FACEBOOK_CLIENT_ID")):
            self.env |= vouchers.settings_for(address)
        callback = f"http://127.0.0.1:{self.wish.port}/webhooks/meta"
        command = [sys.executable, "-m", "masteria.sandbox", "--port", str(self.wish.sandbox_port), "--living"]
        if not self.env.get("SMTP_URL"):
            post = embedded.free_port()
            self.env["SMTP_URL"] = f"smtp://127.0.0.1:{post}"
            command += ["--smtp-port", str(post)]
        self.python("sandbox", [*command, "--callback", callback, "--data", str(self.wish.data_dir / "sandbox.json")])

    def screens(self) -> None:
        from masteria.run.build import build_if_stale  # imports Reflex, which reads the environment

        self.env = environment.for_reflex(self.env, self.wish.data_dir)
        build_if_stale(self.tree, self.env, self.wish.data_dir, say)

    def processes(self) -> None:
        self.python("web", [sys.executable, "-m", "masteria.run.serve"])
        for queue in QUEUES:
            for number in range(self.wish.workers if queue == "campaigns" else 1):
                name = f"worker-{queue}" + (f"-{number + 1}" if number else "")
                self.python(name, [sys.executable, "-m", "workers", "--queue", queue])
        self.python("scheduler", [sys.executable, "-m", "workers.schedule"])
        address = f"http://127.0.0.1:{self.wish.port}"
        wait_for(f"{address}/healthz", self.tree)
        if self.wish.demo:
            self.step("masteria.run.demo")
        self.welcome(self.env.get("MASTERIA_PUBLIC_URL") or address)

    def python(self, name: str, command: list[str]) -> None:
        self.tree.start(Child(name, command, self.env))

    def step(self, *module: str) -> None:
        """One of our commands, that must succeed before the next step."""
        code, output = self.tree.run([sys.executable, "-m", *module], self.env, ROOT)
        if code:
            raise Invalid("start", "\n".join(output[-15:]) or f"{module[0]} failed")

    def welcome(self, address: str) -> None:
        from masteria.run import welcome  # reads the database by the settings made above

        say(welcome.lines(address, self.wish.demo, self.env.get("MASTERIA_SANDBOX_URL", "")))
        say(f"Ready in {time.monotonic() - self.began:.0f} s. Ctrl-C stops everything.")


REMEMBERED = (
    "DATABASE_URL",
    "REDIS_URL",
    "MASTERIA_PORT",
    "MASTERIA_SECRET_KEY",
    "MASTERIA_ENCRYPTION_KEYS",
    "META_GRAPH_URL",
    "SMTP_URL",
)


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 — the console is this command's screen


def wait_for(address: str, tree: Supervisor, seconds: float = 60) -> None:
    """Until the address answers 200, looking after the children meanwhile."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        if not next(c for c in tree.children if c.name == "web").runs:
            raise Invalid("start", f"The web process ended at once:\n{tree.tail('web')}")
    raise Invalid("start", f"{address} did not answer within {seconds:.0f} s; see {tree.logs}.")
