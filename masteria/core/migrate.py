"""Brings the database to the newest schema: roles, extension, tables, and each table's row security."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from alembic import command
from masteria.core import months
from masteria.core.db import APP, OPS, owner_engine, owner_url, role_name, role_password
from masteria.kit.errors import Invalid

ROOT = Path(__file__).resolve().parents[2]
OLDEST = 18  # of PostgreSQL: ids in the order of time, and what a row was before a change


def upgrade(revision: str = "head") -> None:
    """Make the two roles if they are missing, then run the migrations. Safe to repeat and to run twice at once.

    Raises `Invalid` for a PostgreSQL older than 18.
    """
    engine = owner_engine()
    with engine.begin() as connection:
        _check_version(connection)
        connection.execute(sa.text("select pg_advisory_xact_lock(:lock)"), {"lock": 0x726F6C65})
        connection.execute(sa.text("create schema if not exists app"))
        connection.execute(sa.text("create extension if not exists vector"))
        for role in (APP, OPS):
            _ensure_role(connection, role)
    command.upgrade(alembic_config(), revision)
    if revision == "head":
        months.prepare()


def is_current() -> bool:
    """Whether the database has every migration of this code."""
    with owner_engine().connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    return found == ScriptDirectory.from_config(alembic_config()).get_current_head()


def alembic_config() -> Config:
    """Alembic by our own paths, wherever the command was started."""
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("script_location", str(ROOT / "alembic"))
    return config


def _check_version(connection: sa.Connection) -> None:
    version = int(connection.scalar(sa.text("show server_version_num")) or 0) // 10_000
    if version < OLDEST:
        raise Invalid("DATABASE_URL", f"PostgreSQL {version} is too old; Masteria needs {OLDEST} or newer.")


def _ensure_role(connection: sa.Connection, role: str) -> None:
    """A plain login: no superuser, no bypass of row security, not the tables' owner."""
    name, quote = role_name(role), connection.dialect.identifier_preparer.quote
    exists = connection.scalar(sa.text("select 1 from pg_roles where rolname = :name"), {"name": name})
    verb = "alter" if exists else "create"
    # role names and passwords cannot be parameters in DDL; the password is hexadecimal by construction
    connection.execute(sa.text(f"{verb} role {quote(name)} login password '{role_password(role)}'"))
    connection.execute(sa.text(f"grant connect on database {quote(owner_url().database or '')} to {quote(name)}"))
    connection.execute(sa.text(f"grant usage on schema app, public to {quote(name)}"))
