"""PostgreSQL and Redis of the fault suite alone: they fall, come back, are emptied, and their disk fills up."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis

from masteria.core import migrate
from masteria.run import embedded, environment
from masteria.run.supervisor import Supervisor

DISK_MB = 700


class Services:
    """The two servers, on the same ports however often they come back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tree = Supervisor(folder / "logs", print)

    def open(self) -> None:
        os.environ.update(environment.with_keys(dict(os.environ), self.folder))
        self.start_redis()
        self.start_postgres()
        os.environ |= {"REDIS_URL": self.redis_url, "DATABASE_URL": self.database_url}
        migrate.upgrade()

    def close(self) -> None:
        self.tree.stop()

    def start_postgres(self) -> None:
        service = embedded.postgres(self.folder)
        # nothing here must outlive the machine, so no waiting for the disk; and the log stays small, for a small disk
        command = [*service.command, "-c", "fsync=off", "-c", "max_wal_size=128MB", "-c", "min_wal_size=32MB"]
        self.database_url = embedded.start(self.tree, replace(service, command=command))

    def start_redis(self) -> None:
        self.redis_url = embedded.start(self.tree, embedded.redis(self.folder))

    def end(self, name: str, number: signal.Signals) -> None:
        """Gone, until it is started again."""
        child = next(c for c in self.tree.children if c.name == name)
        self.tree.children.remove(child)
        if child.process is not None:
            child.process.send_signal(number)
            child.process.wait(30)

    def crash_postgres(self) -> None:
        """The immediate mode: sessions are cut, nothing is written down, the log is repeated at the next start."""
        self.end("postgres", signal.SIGQUIT)
        self.start_postgres()

    def postgres_runs(self) -> bool:
        return next(c for c in self.tree.children if c.name == "postgres").runs

    def empty_redis(self) -> None:
        with Redis.from_url(self.redis_url) as client:
            client.flushall()

    @contextmanager
    def small_disk(self) -> Iterator[SmallDisk]:
        """PostgreSQL on a disk of its own that can be filled; what it learns there is forgotten afterwards."""
        data = self.folder / "postgres"
        self.end("postgres", signal.SIGINT)
        try:
            with mounted(data, self.folder / "copy"):
                self.start_postgres()
                try:
                    yield SmallDisk(data / "filling")
                finally:
                    (data / "filling").unlink(missing_ok=True)
                    self.end("postgres", signal.SIGINT)
        finally:
            self.start_postgres()


class SmallDisk:
    """Full or not."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fill(self) -> None:
        """To the last byte."""
        with self.path.open("wb", buffering=0) as file:
            size = 1 << 20
            while size:
                try:
                    file.write(b"\0" * size)
                except OSError:
                    size //= 2

    def clear(self) -> None:
        self.path.unlink()


@contextmanager
def mounted(folder: Path, copy: Path) -> Iterator[None]:
    """A small file system over the folder, with the same content."""
    shutil.move(folder, copy)
    folder.mkdir(mode=0o700)
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=0700", "masteria-faults", str(folder)]
    made = subprocess.run(command, capture_output=True, text=True) if os.geteuid() == 0 else None
    try:
        if made is None or made.returncode:
            pytest.skip(f"a small disk needs the right to mount: {made.stderr.strip() if made else 'not root'}")
        try:
            subprocess.run(["cp", "-a", f"{copy}/.", str(folder)], check=True)
            yield
        finally:
            subprocess.run(["umount", "-l", str(folder)], check=True)
    finally:
        folder.rmdir()
        shutil.move(copy, folder)
