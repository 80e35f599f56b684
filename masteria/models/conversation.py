"""A conversation with one contact on one connection, its messages, and what webhooks brought."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from masteria.enums import ConversationStatus, Direction, IntakeState, SendState
from masteria.models.base import Json, Owned, Table, Time, of_company, parent, words
from masteria.models.ledger import claimed, due_while_queued, waiting


class Conversation(Owned, table=True):
    """`window_expires_at` is the end of Meta's 24-hour customer-service window; `assignee_id` the person who answers."""

    __table_args__ = (
        parent(),
        of_company("connection", "connection_id"),
        of_company("contact", "contact_id"),
        sa.UniqueConstraint("company_id", "connection_id", "contact_id"),
        sa.Index(
            "ix_conversation_newest",
            "company_id",
            sa.text("last_message_at desc"),
            sa.text("id desc"),
        ),
        sa.Index(
            "ix_conversation_assignee",
            "company_id",
            "assignee_id",
            postgresql_where=sa.text("assignee_id is not null"),
        ),
    )

    # what people write to each other is no matter of an audit
    untold: ClassVar[frozenset[str]] = frozenset({"last_message_at", "last_message_text", "last_message_kind"})

    connection_id: UUID
    contact_id: UUID
    assignee_id: UUID | None = Field(default=None, foreign_key="person.id", ondelete="SET NULL")
    status: ConversationStatus = Field(default=ConversationStatus.OPEN, sa_type=words(ConversationStatus))  # pyright: ignore[reportArgumentType]
    unread_count: int = 0
    last_message_at: datetime = Field(sa_type=Time)  # pyright: ignore[reportArgumentType]
    last_message_text: str = ""
    last_message_kind: str = Field(default="text", max_length=32)
    window_expires_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]


class Message(Owned, table=True):
    """One message either way. Outgoing ones keep the same ledger as a campaign's recipients.

    Kept by the month: an id begins with its time.
    """

    __table_args__ = (
        parent(),
        of_company("conversation", "conversation_id"),
        sa.Index(
            "ix_message_thread",
            "company_id",
            "conversation_id",
            sa.text("created_at desc"),
            sa.text("id desc"),
        ),
        sa.Index(
            "ix_message_external",
            "company_id",
            "external_id",
            postgresql_where=sa.text("external_id is not null"),
        ),
        waiting("message", "due_at", "id"),
        claimed("message"),
        due_while_queued(),
        {"postgresql_partition_by": "RANGE (id)"},
    )

    untold: ClassVar[frozenset[str]] = frozenset({"text", "payload"})

    conversation_id: UUID
    direction: Direction = Field(sa_type=words(Direction))  # pyright: ignore[reportArgumentType]
    kind: str = Field(default="text", max_length=32)
    text: str = ""
    payload: dict[str, Any] = Field(default_factory=dict, sa_type=Json)  # pyright: ignore[reportArgumentType]
    external_id: str | None = Field(default=None, max_length=128)
    author_id: UUID | None = None
    client_id: str | None = Field(default=None, max_length=64)
    state: SendState | None = Field(default=None, sa_type=words(SendState))  # pyright: ignore[reportArgumentType]
    reason_code: str | None = Field(default=None, max_length=64)
    attempt_id: UUID | None = None
    attempts: int = 0
    owner: UUID | None = None
    due_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
    sending_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
    sent_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
    delivered_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
    read_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
    failed_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]


class MessageKey(Table, table=True):
    """The vendor's ids of messages that came in, each once. Kept for as long as a vendor may repeat itself."""

    __table_args__ = (sa.Index("ix_message_key_age", "created_at"),)

    company_id: UUID = Field(primary_key=True, foreign_key="company.id", ondelete="CASCADE")
    external_id: str = Field(primary_key=True, max_length=128)
    created_at: datetime = Field(sa_type=Time)  # pyright: ignore[reportArgumentType]


class Intake(Owned, table=True):
    """A webhook body, raw, as it was signed. `digest` makes the same delivery within a month one row.

    `did` says what its events did: `counts` of each effect and, unless there are many statuses alone, `each` in order.
    """

    __table_args__ = (
        of_company("connection", "connection_id"),
        sa.UniqueConstraint("connection_id", "digest", "month", name="uq_intake_connection_id_digest"),
        sa.Index(
            "ix_intake_waiting",
            "created_at",
            postgresql_where=sa.text("state = 'waiting'"),
        ),
        sa.Index("ix_intake_newest", "company_id", sa.text("created_at desc")),
        {"postgresql_partition_by": "RANGE (month)"},
    )

    month: date = Field(primary_key=True)
    connection_id: UUID
    digest: bytes
    body: bytes = Field(repr=False)
    state: IntakeState = Field(default=IntakeState.WAITING, sa_type=words(IntakeState))  # pyright: ignore[reportArgumentType]
    error: str | None = None
    did: dict[str, Any] | None = Field(default=None, sa_type=Json)  # pyright: ignore[reportArgumentType]
    processed_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]


class StrayStatus(Owned, table=True):
    """A status whose message we do not know yet: the send may still be committing."""

    __table_args__ = (
        of_company("connection", "connection_id"),
        sa.UniqueConstraint("company_id", "connection_id", "external_id", "status"),
    )

    connection_id: UUID
    external_id: str = Field(max_length=128)
    status: str = Field(max_length=32)
    happened_at: datetime = Field(sa_type=Time)  # pyright: ignore[reportArgumentType]
    error_code: str | None = Field(default=None, max_length=64)
