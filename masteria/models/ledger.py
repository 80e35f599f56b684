"""What the two sending ledgers share: the indexes that find work, and the lease of who works on it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from masteria.kit.ids import new_id
from masteria.models.base import Table, Time


def waiting(table: str, *columns: str) -> sa.Index:
    """Who is due: `due_at` is there only as long as a row is queued, so that claiming alone changes this index."""
    return sa.Index(f"ix_{table}_waiting", *columns, postgresql_where=sa.text("due_at is not null"))


def claimed(table: str) -> sa.Index:
    """Whom a pump took: asked only when one died, so rows keep their owner after they are done."""
    return sa.Index(f"ix_{table}_owner", "owner", postgresql_where=sa.text("owner is not null"))


def due_while_queued() -> sa.CheckConstraint:
    return sa.CheckConstraint("(state is not distinct from 'queued') = (due_at is not null)", name="due_while_queued")


class Lease(Table, table=True):
    """A pump at work. While it lives it renews `until`; once that is past, what it had claimed is taken back.

    `id` is the `owner` of the rows that it claimed, `subject_id` the campaign or the connection whose rows they are.
    """

    __table_args__ = (sa.Index(None, "company_id", "subject_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    company_id: UUID = Field(foreign_key="company.id", ondelete="CASCADE")
    ledger: str = Field(max_length=16)
    subject_id: UUID
    until: datetime = Field(sa_type=Time)  # pyright: ignore[reportArgumentType]
