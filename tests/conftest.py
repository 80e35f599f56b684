"""Real PostgreSQL and Redis for every test: those the environment names, else embedded ones for this run alone."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from masteria.core import migrate
from masteria.core.work import Work, work_as
from masteria.run import embedded, environment
from masteria.run.supervisor import Supervisor
from tests.cast import Cast, make_cast


@pytest.fixture(scope="session", autouse=True)
def services() -> Iterator[None]:
    """A fresh, migrated database and a Redis; their addresses stand in the environment as in production."""
    with tempfile.TemporaryDirectory(prefix="masteria-test-") as name:
        folder = Path(name)
        tree = Supervisor(folder / "logs", print)
        try:
            os.environ.update(environment.with_keys(dict(os.environ), folder))
            os.environ["REDIS_URL"] = os.environ.get("REDIS_URL") or embedded.start(tree, embedded.redis(folder))
            with _Fresh(os.environ.get("DATABASE_URL") or embedded.start(tree, _hasty(embedded.postgres(folder)))):
                migrate.upgrade()
                yield
        finally:
            tree.stop()


@pytest.fixture(scope="session")
def database_url(services: None) -> str:
    return os.environ["DATABASE_URL"]


@pytest.fixture(scope="session")
def redis_url(services: None) -> str:
    return os.environ["REDIS_URL"]


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def work(cast: Cast) -> Iterator[Work]:
    """Ana at work in Aurora."""
    with work_as(cast.ana) as opened:
        yield opened


def _hasty(service: embedded.Service) -> embedded.Service:
    """What this cluster holds is thrown away: it need not wait for the disk."""
    return replace(service, command=[*service.command, "-c", "fsync=off"])


class _Fresh:
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
