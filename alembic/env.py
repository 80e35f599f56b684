"""Runs migrations as the database's owner, in the schema `app`, one process at a time."""

import sqlalchemy as sa
from sqlmodel import SQLModel

import masteria.models  # noqa: F401 — makes every table known
from alembic import context
from masteria.core.db import owner_engine

LOCK = 0x6D696772  # "migr"


def run(connection: sa.Connection) -> None:
    context.configure(connection=connection, target_metadata=SQLModel.metadata, compare_type=True)
    with context.begin_transaction():
        connection.execute(sa.text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        connection.execute(sa.text("create schema if not exists app"))
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with owner_engine().connect() as opened:
        run(opened)
