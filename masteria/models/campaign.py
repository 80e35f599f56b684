"""A campaign and its recipients. The recipient table is the sending ledger: one row a person a campaign."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from masteria.enums import CampaignKind, CampaignState, SendState
from masteria.kit.clock import now
from masteria.kit.ids import new_id
from masteria.models.base import Json, Owned, Table, Time, of_company, parent, words
from masteria.models.ledger import claimed, due_while_queued, waiting

_S = CampaignState


class Campaign(Owned, table=True):
    """`variables` maps a placeholder to `{"field", "fallback"}`; `audience` is as in the API; `due_at` is the launch."""

    moves: ClassVar[Mapping[StrEnum, frozenset[StrEnum]]] = {
        _S.DRAFT: frozenset({_S.SCHEDULED, _S.RUNNING, _S.CANCELLED}),
        _S.SCHEDULED: frozenset({_S.RUNNING, _S.PAUSED, _S.CANCELLED, _S.DRAFT, _S.FAILED}),
        _S.RUNNING: frozenset({_S.PAUSED, _S.COMPLETED, _S.CANCELLED, _S.FAILED}),
        _S.PAUSED: frozenset({_S.RUNNING, _S.SCHEDULED, _S.CANCELLED, _S.FAILED}),
    }
    __table_args__ = (
        parent(),
        of_company("connection", "connection_id", ondelete="NO ACTION"),
        of_company("template", "template_id", ondelete="NO ACTION"),
        sa.Index(
            "ix_campaign_newest",
            "company_id",
            sa.text("created_at desc"),
            sa.text("id desc"),
        ),
        sa.Index(
            "ix_campaign_due",
            "due_at",
            postgresql_where=sa.text("state in ('scheduled', 'running')"),
        ),
    )

    name: str = Field(max_length=120)
    kind: CampaignKind = Field(sa_type=words(CampaignKind))  # pyright: ignore[reportArgumentType]
    connection_id: UUID
    template_id: UUID | None = None
    body: str = ""
    variables: dict[str, dict[str, str]] = Field(default_factory=dict, sa_type=Json)  # pyright: ignore[reportArgumentType]
    audience: dict[str, Any] = Field(default_factory=dict, sa_type=Json)  # pyright: ignore[reportArgumentType]
    rate_per_second: int | None = None
    legal_basis: str | None = Field(default=None, max_length=64)
    due_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
    state: CampaignState = Field(default=_S.DRAFT, sa_type=words(CampaignState))  # pyright: ignore[reportArgumentType]
    state_reason: str | None = None
    held_until: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
    total: int = 0
    launched_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
    finished_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]


class Recipient(Table, table=True):
    """One person's message of one campaign, with the time of each state. `variables` are filled in at launch.

    No index may name a column that changes while a message is on its way (`state` above all, in a predicate too): only
    so can PostgreSQL put the new version beside the old one without touching an index.
    """

    __table_args__ = (
        of_company("campaign", "campaign_id"),
        # whoever deletes a contact first empties contact_id here: the campaign's totals stay as they were
        of_company("contact", "contact_id", ondelete="NO ACTION"),
        sa.UniqueConstraint("company_id", "contact_id", "campaign_id"),
        sa.Index(None, "campaign_id", "id"),
        waiting("recipient", "campaign_id", "due_at", "id"),
        claimed("recipient"),
        due_while_queued(),
        sa.Index(
            "ix_recipient_provider",
            "provider_id",
            unique=True,
            postgresql_where=sa.text("provider_id is not null"),
        ),
        {
            "postgresql_with": {
                "fillfactor": "70",
                "autovacuum_vacuum_scale_factor": "0.02",
            }
        },
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    company_id: UUID = Field(foreign_key="company.id", ondelete="CASCADE")
    campaign_id: UUID
    contact_id: UUID | None
    phone: str | None = Field(default=None, max_length=20)
    variables: dict[str, str] = Field(default_factory=dict, sa_type=Json)  # pyright: ignore[reportArgumentType]
    state: SendState = Field(default=SendState.QUEUED, sa_type=words(SendState))  # pyright: ignore[reportArgumentType]
    state_at: datetime = Field(default_factory=now, sa_type=Time)  # pyright: ignore[reportArgumentType]
    reason_code: str | None = Field(default=None, max_length=64)
    provider_id: str | None = Field(default=None, max_length=128)
    attempt_id: UUID | None = None
    attempts: int = 0
    owner: UUID | None = None
    due_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
    sending_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
    sent_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
    delivered_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
    read_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
    failed_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
    replied_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]


class Counted(SQLModel):
    """The groups of a campaign's counts, and how many answered. Every recipient is in exactly one of `GROUPS`."""

    pending: int = 0
    sending: int = 0
    sent: int = 0
    delivered: int = 0
    read: int = 0
    failed: int = 0
    skipped: int = 0
    in_doubt: int = 0
    replied: int = 0


# the states of a recipient in each group: who waits is pending, every other state is a group of its own
GROUPS: Mapping[str, tuple[SendState, ...]] = {
    name: (SendState.QUEUED, SendState.CLAIMED) if name == "pending" else (SendState(name),)
    for name in Counted.model_fields
    if name != "replied"
}


class CampaignTally(Table, Counted, table=True):
    """How many of a campaign's recipients came into each group of states, less those that left it.

    Each change of the ledger adds a row in its own transaction and waits for nobody; the sum is the campaign's counts.
    Rows older than a minute are folded into one an hour.
    """

    __table_args__ = (
        of_company("campaign", "campaign_id"),
        sa.Index(None, "company_id", "campaign_id", "at"),
        sa.Index(
            "ix_campaign_tally_loose",
            "at",
            postgresql_where=sa.text("not folded"),
        ),
        {"postgresql_with": {"autovacuum_vacuum_scale_factor": "0.02", "autovacuum_vacuum_threshold": "1000"}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    company_id: UUID = Field(foreign_key="company.id", ondelete="CASCADE")
    campaign_id: UUID
    at: datetime = Field(default_factory=now, sa_type=Time)  # pyright: ignore[reportArgumentType]
    folded: bool = False
