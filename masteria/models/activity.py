"""What happened, for ever: the feed, the audit trail, webhooks and automations read this one table."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from masteria.enums import Happened
from masteria.kit.clock import now
from masteria.kit.ids import new_id
from masteria.models.base import Json, Table, Time, words
from masteria.models.sealed import Sealed


class Activity(Table, table=True):
    """Append-only: the application's database role may insert and read, and blank what it says of a forgotten contact.

    `before` and `after` hold the columns that changed, by `core/audit.py`; a row that was made has no `before`.
    """

    __table_args__ = (
        sa.Index(
            "ix_activity_newest",
            "company_id",
            sa.text("created_at desc"),
            sa.text("id desc"),
        ),
        # what somebody did: the product's own steps are the many, and the audit page leaves them out at first
        sa.Index(
            "ix_activity_deeds",
            "company_id",
            sa.text("created_at desc"),
            sa.text("id desc"),
            postgresql_where=sa.text("actor_kind <> 'system'"),
        ),
        sa.Index("ix_activity_subject", "company_id", "subject_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    company_id: UUID = Field(foreign_key="company.id", ondelete="CASCADE")
    created_at: datetime = Field(default_factory=now, sa_type=Time)  # pyright: ignore[reportArgumentType]
    happened: Happened = Field(sa_type=words(Happened))  # pyright: ignore[reportArgumentType]
    subject_kind: str = Field(max_length=32)
    subject_id: UUID
    actor_kind: str = Field(max_length=16)
    actor_id: UUID | None = None
    actor_name: str = Field(default="", max_length=120)
    request_id: str = Field(default="", max_length=64)
    ip: str = Field(default="", max_length=64)
    details: dict[str, Any] = Field(default_factory=dict, sa_type=Json)  # pyright: ignore[reportArgumentType]
    before: dict[str, Any] = Field(default_factory=dict, sa_type=Json)  # pyright: ignore[reportArgumentType]
    after: dict[str, Any] = Field(default_factory=dict, sa_type=Json)  # pyright: ignore[reportArgumentType]


class IdempotencyKey(Table, table=True):
    """The first answer to a POST with an `Idempotency-Key`, kept 24 h; `status_code` 0 while it still runs."""

    company_id: UUID = Field(primary_key=True, foreign_key="company.id", ondelete="CASCADE")
    key: str = Field(primary_key=True, max_length=255)
    created_at: datetime = Field(default_factory=now, sa_type=Time)  # pyright: ignore[reportArgumentType]
    request_hash: bytes
    status_code: int = 0
    # an answer can hold a secret that is shown once
    body: str = Field(default="", sa_type=Sealed("idempotency_key|body", row="key"), repr=False)  # pyright: ignore[reportArgumentType]
