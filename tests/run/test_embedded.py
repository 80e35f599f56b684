"""Servers of our own: closed to strangers, the same after a crash."""

from __future__ import annotations

import os
import signal
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from redis import AuthenticationError, Redis

from masteria.kit.errors import Conflict
from masteria.run import embedded, environment
from masteria.run.supervisor import Supervisor


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def tree(folder: Path) -> Iterator[Supervisor]:
    made = Supervisor(folder / "logs", print)
    yield made
    made.stop()


def test_postgres_has_what_the_schema_needs(tree: Supervisor, folder: Path) -> None:
    with psycopg.connect(embedded.start(tree, embedded.postgres(folder))) as connection:
        assert connection.execute("show server_encoding").fetchone() == ("UTF8",)
        found = "select name from pg_available_extensions where name = 'vector'"
        assert connection.execute(found).fetchone() == ("vector",)


def test_postgres_asks_everybody_for_a_password(tree: Supervisor, folder: Path) -> None:
    service = embedded.postgres(folder)
    embedded.start(tree, service)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://masteria:guess@127.0.0.1:{service.port}/postgres")
    rules = (folder / "postgres" / "pg_hba.conf").read_text().splitlines()
    assert {line.split()[-1] for line in rules if line and not line.startswith("#")} == {"scram-sha-256"}


def test_rows_survive_a_killed_postgres(tree: Supervisor, folder: Path) -> None:
    url = embedded.start(tree, embedded.postgres(folder))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table kept (word text)")
        connection.execute("insert into kept values ('still here')")
    killed = tree.children[0].process
    assert killed is not None
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    with psycopg.connect(embedded.start(tree, embedded.postgres(folder))) as connection:
        assert connection.execute("select word from kept").fetchone() == ("still here",)


def test_a_pid_file_that_names_another_living_process_does_no_harm(tree: Supervisor, folder: Path) -> None:
    note = folder / "postgres" / "postmaster.pid"
    note.write_text(f"{os.getppid()}\n{folder / 'postgres'}\n1\n5\n\n127.0.0.1\n         1         1\n")
    assert embedded.start(tree, embedded.postgres(folder)).startswith("postgresql://")


def test_redis_wants_its_password_and_refuses_to_forget(tree: Supervisor, folder: Path) -> None:
    service = embedded.redis(folder)
    client = Redis.from_url(embedded.start(tree, service))
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert client.config_get("appendonly") == {"appendonly": "yes"}
    with pytest.raises(AuthenticationError):
        Redis(port=service.port).ping()


def test_keys_are_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    first = environment.with_keys({}, tmp_path)
    assert environment.with_keys({}, tmp_path) == first
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").iterdir()}
    assert modes == {0o600}


def test_a_key_that_is_set_wins(tmp_path: Path) -> None:
    assert environment.with_keys({"MASTERIA_SECRET_KEY": "mine"}, tmp_path)["MASTERIA_SECRET_KEY"] == "mine"


def test_only_one_may_hold_a_data_directory(tmp_path: Path) -> None:
    first, second = environment.only_one(tmp_path), environment.only_one(tmp_path)
    with first, pytest.raises(Conflict, match="already runs"):
        second.__enter__()
    with environment.only_one(tmp_path) as lock:
        assert lock > 2


def test_a_note_of_a_dead_installation_is_not_believed(tmp_path: Path) -> None:
    environment.remember(tmp_path, {"pid": 2**22 + 1, "DATABASE_URL": "postgresql://gone"})
    assert environment.running(tmp_path) == {}
    environment.remember(tmp_path, {"pid": os.getpid(), "DATABASE_URL": "postgresql://here"})
    assert environment.running(tmp_path) == {"DATABASE_URL": "postgresql://here"}


def test_a_taken_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert str(port) in embedded.port_trouble(port)
    assert embedded.port_trouble(port) == ""
