"""Engines for the three database roles: owner (schema), app (one company at a time), ops (finds due work)."""

from __future__ import annotations

from functools import cache

import sqlalchemy as sa
from sqlalchemy.engine import URL, Engine, make_url

from masteria.config import settings
from masteria.kit.errors import Invalid
from masteria.kit.sealing import derive

APP = "app"
OPS = "ops"
_SESSION = "-c search_path=app,public -c timezone=UTC"


def owner_url() -> URL:
    """`DATABASE_URL` for psycopg 3; raises `Invalid` when unset or not PostgreSQL."""
    raw = settings().database_url
    if not raw.startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
        raise Invalid("DATABASE_URL", "DATABASE_URL must be set to a postgresql:// address.")
    return make_url(raw).set(drivername="postgresql+psycopg")


def role_name(role: str) -> str:
    """Roles belong to the whole server, so each database has its own two."""
    return f"{owner_url().database}_{role}"


def role_password(role: str) -> str:
    """Derived, so that web, workers and migrations agree without another setting."""
    return derive(settings().secret_key, f"database-role:{role_name(role)}").hex()


@cache
def engine(role: str) -> Engine:
    """The pool of one role in this process. `APP` sees one company, `OPS` the queue tables of all."""
    url = owner_url().set(username=role_name(role), password=role_password(role))
    # hidden, since an error's text ends in a log line: parameters are people's words and numbers
    return sa.create_engine(
        url, pool_size=10, max_overflow=10, pool_pre_ping=True, hide_parameters=True, connect_args=_options()
    )


def owner_engine() -> Engine:
    """For migrations and backups alone; nothing is pooled."""
    return sa.create_engine(owner_url(), poolclass=sa.pool.NullPool, connect_args=_options())


def forget_connections() -> None:
    """After a fork: the child must not touch its parent's sockets."""
    for role in (APP, OPS):
        engine(role).dispose(close=False)


def _options() -> dict[str, object]:
    return {"options": _SESSION, "connect_timeout": 5, "application_name": "masteria"}
