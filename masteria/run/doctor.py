"""`masteria doctor`: one line a check, with how to mend what is wrong."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime

import sqlalchemy as sa
from redis import Redis
from sqlalchemy.exc import SQLAlchemyError

from masteria.config import settings
from masteria.core import migrate
from masteria.core.db import APP, engine, owner_engine
from masteria.core.redis import bell_url
from masteria.kit.errors import MasteriaError

Check = Callable[[], tuple[str, str]]


def report(say: Callable[[str], None]) -> int:
    """Prints `ok`, `warning` or `failure` a line; 1 when something failed."""
    failed = False
    for name, check in CHECKS:
        try:
            verdict, text = check()
        except (MasteriaError, SQLAlchemyError, OSError, Exception) as error:
            verdict, text = "failure", str(error).splitlines()[0][:200]
        failed |= verdict == "failure"
        say(f"{verdict:8} {name}: {text}")
    return int(failed)


def _settings() -> tuple[str, str]:
    found = settings()
    return "ok", f"data in {found.data_dir}, address {found.public_url}"


def _database() -> tuple[str, str]:
    with owner_engine().connect() as connection:
        version = str(connection.scalar(sa.text("show server_version"))).split()[0]
        clock = connection.scalar(sa.text("select now()"))
    drift = abs((datetime.now(UTC) - clock).total_seconds())
    if int(version.split(".")[0]) < 16:
        return "failure", f"PostgreSQL {version} is too old; 16 or newer is needed"
    if drift > 5:
        return "warning", f"its clock is {drift:.0f} s off ours; set up time synchronisation"
    return "ok", f"PostgreSQL {version}"


def _vector() -> tuple[str, str]:
    with owner_engine().connect() as connection:
        found = connection.scalar(sa.text("select extversion from pg_extension where extname = 'vector'"))
    return ("ok", found) if found else ("failure", "pgvector is missing: run masteria migrate as the database's owner")


def _migrations() -> tuple[str, str]:
    return ("ok", "newest schema") if migrate.is_current() else ("failure", "run masteria migrate")


def _roles() -> tuple[str, str]:
    with engine(APP).connect() as connection:
        row = connection.execute(
            sa.text("select rolsuper or rolbypassrls from pg_roles where rolname = current_user")
        ).scalar_one()
    return (
        ("failure", "the application's role can pass row security")
        if row
        else ("ok", "row security binds the application")
    )


def _redis() -> tuple[str, str]:
    client = Redis.from_url(bell_url(), socket_timeout=2)
    began = time.monotonic()
    client.ping()
    info = client.info("server")
    return "ok", f"Redis {info['redis_version']}, {1000 * (time.monotonic() - began):.0f} ms"  # pyright: ignore[reportIndexIssue]


def _disk() -> tuple[str, str]:
    free = shutil.disk_usage(settings().data_dir).free / 1e9
    return ("ok" if free > 2 else "warning"), f"{free:.0f} GB free"


def _browser() -> tuple[str, str]:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    return ("ok", found) if found else ("warning", "no Chromium; only the browser tests need it")


CHECKS: tuple[tuple[str, Check], ...] = (
    ("settings", _settings),
    ("database", _database),
    ("pgvector", _vector),
    ("migrations", _migrations),
    ("roles", _roles),
    ("redis", _redis),
    ("disk", _disk),
    ("chromium", _browser),
)
