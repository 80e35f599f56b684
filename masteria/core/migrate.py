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

ROOT = Path(__file__).resolve().parents[2]
# a random one whose first 48 bits become Unix milliseconds and whose version becomes 7 (0111)
UUIDV7 = """create or replace function app.uuidv7() returns uuid language sql volatile parallel safe as $$
  select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    placing substring(int8send(floor(extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6),
    52, 1), 53, 1), 'hex')::uuid $$"""


def upgrade(revision: str = "head") -> None:
    """Make the two roles and `uuidv7()` if they are missing, then run the migrations. Safe to repeat and to run twice at once."""
    engine = owner_engine()
    with engine.begin() as connection:
        connection.execute(sa.text("select pg_advisory_xact_lock(:lock)"), {"lock": 0x726F6C65})
        connection.execute(sa.text("create schema if not exists app"))
        connection.execute(sa.text("create extension if not exists vector"))
        _ensure_ids(connection)
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


def _ensure_ids(connection: sa.Connection) -> None:
    """Ids made in SQL are in the order of time like those of `kit/ids.py`; PostgreSQL knows how from version 18 on."""
    if connection.scalar(sa.text("select to_regprocedure('pg_catalog.uuidv7()') is null")):
        connection.execute(sa.text(UUIDV7))


def _ensure_role(connection: sa.Connection, role: str) -> None:
    """A plain login: no superuser, no bypass of row security, not the tables' owner."""
    name, quote = role_name(role), connection.dialect.identifier_preparer.quote
    exists = connection.scalar(sa.text("select 1 from pg_roles where rolname = :name"), {"name": name})
    verb = "alter" if exists else "create"
    # role names and passwords cannot be parameters in DDL; the password is hexadecimal by construction
    connection.execute(sa.text(f"{verb} role {quote(name)} login password '{role_password(role)}'"))
    connection.execute(sa.text(f"grant connect on database {quote(owner_url().database or '')} to {quote(name)}"))
    connection.execute(sa.text(f"grant usage on schema app, public to {quote(name)}"))
