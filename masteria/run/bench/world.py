"""The processes of one run: PostgreSQL, Redis and receiver on one core, what is measured on the other."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import cast

from redis import Redis

from masteria.core import migrate
from masteria.kit.errors import Invalid
from masteria.run import embedded, environment
from masteria.run.bench import cores
from masteria.run.bench.receiver import Receiver, tell
from masteria.run.meter import Meter, load_now
from masteria.run.supervisor import Child, Supervisor

START_SECONDS = 60


class World:
    """What runs, its environment, its meter, and the receiver's count."""

    def __init__(self, folder: Path, latency: str, settings: dict[str, str]) -> None:
        self.load_before = load_now()
        self.folder = folder
        self.receiver = Receiver(latency)
        path = os.environ.get("PATH", os.defpath)
        self.env = environment.with_keys({"PATH": path, "META_GRAPH_URL": self.receiver.url}, folder)
        self.tree = Supervisor(folder / "logs", tell)
        self.lasting: dict[str, Callable[[], object]] = {}
        self.meter = Meter()
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        postgres = embedded.postgres(folder)
        postgres = replace(postgres, command=[*postgres.command, *options])
        self.services = {"DATABASE_URL": postgres, "REDIS_URL": embedded.redis(folder)}

    def open(self, *, schema: bool) -> None:
        for name in self.services:
            self.env[name] = self.serve(name)
        os.environ.update(self.env)  # this process acts for the bench's company, as the panel would
        if schema:
            migrate.upgrade()
        self.start("receiver", *self.receiver.command)
        self.until(self.receiver.answers, START_SECONDS)

    def serve(self, name: str) -> str:
        """PostgreSQL or Redis, from now on; its address."""
        service = self.services[name]
        self.forget(service.name)
        url = embedded.start(self.tree, service)
        self.meter.watch(service.name, self.child(service.name).process.pid)  # pyright: ignore[reportOptionalMemberAccess]
        return url

    def start(self, name: str, *command: str, group: str = "", measured: bool = False) -> Child:
        """A process of its own name, counted with its `group`; what is measured has the other core to itself."""
        child = self.tree.start(Child(name, command, self.env))
        assert child.process is not None
        if measured:
            cores.pin(child.process.pid, cores.WORKER)
        self.meter.watch(group or name, child.process.pid)
        return child

    def python(self, name: str, *words: str, group: str = "", measured: bool = False) -> Child:
        return self.start(name, sys.executable, "-m", *words, group=group, measured=measured)

    def lastingly(self, name: str, *words: str, group: str = "", measured: bool = False) -> None:
        """A process of ours that is started again when it falls, as `masteria up` would."""
        self.lasting[name] = lambda: self.python(name, *words, group=group, measured=measured)
        self.lasting[name]()

    def mend(self) -> None:
        """Who cannot reach the database while it starts gives up, and comes again."""
        for name, start in self.lasting.items():
            if not self.child(name).runs:
                self.forget(name)
                start()

    def forget(self, name: str) -> None:
        self.tree.children = [child for child in self.tree.children if child.name != name]

    def child(self, name: str) -> Child:
        return next(child for child in self.tree.children if child.name == name)

    def workers(self, count: int, queue: str = "campaigns") -> None:
        """Workers that listen: their imports are not what is measured."""
        for number in range(count):
            self.worker(f"worker-{number + 1}", queue)
        self.until(lambda: len(cast(set[bytes], self.bells().smembers("rq:workers"))) >= count, START_SECONDS)

    def worker(self, name: str, queue: str = "campaigns") -> None:
        self.lastingly(name, "workers", "--queue", queue, group="worker", measured=True)

    def bells(self) -> Redis:
        return Redis.from_url(f"{self.env['REDIS_URL']}/1")

    def until(self, condition: Callable[[], bool], seconds: float, every: float = 0.1) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                words = "\n".join(f"{c.name}:\n{self.tree.tail(c.name)}" for c in self.tree.children)
                raise TimeoutError(f"not within {seconds:g} s. Last words of all:\n{words}")
            self.mend()
            time.sleep(every)

    def close(self) -> None:
        self.meter.stop()
        self.tree.stop()


@contextmanager
def opened(latency: str, *, schema: bool = True, settings: dict[str, str] | None = None) -> Iterator[World]:
    """A world in a folder of its own, thrown away at the end."""
    with tempfile.TemporaryDirectory(prefix="masteria-bench-") as name, cores.beside_the_servers():
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL may run as another user
        world = World(folder, latency, settings or {})
        try:
            world.open(schema=schema)
            yield world
        finally:
            world.close()


def restart_postgres(world: World) -> None:
    """As after a crash: ended at once, without a checkpoint, and started again on the same port."""
    process = world.child("postgres").process
    assert process is not None
    process.send_signal(3)  # SIGQUIT: "immediate" shutdown
    process.wait()
    for _ in range(20):
        with suppress(Invalid):  # its children may still hold the port or the shared memory for a moment
            world.serve("DATABASE_URL")
            return
        time.sleep(0.25)
    raise TimeoutError("PostgreSQL did not come back")
