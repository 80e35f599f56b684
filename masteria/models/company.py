"""A company: the tenant that owns everything else, and what the installation gives it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, col

from masteria.enums import Feature, Level
from masteria.kit.clock import now
from masteria.kit.ids import new_id
from masteria.models.base import Json, Row, Table, Time, words


class Company(Row, table=True):
    """`slug` names it in commands; `timezone` is an IANA name, `country` an ISO code (for numbers without `+`).

    `marketing_cap_per_day` is how many marketing templates one person may get within 24 hours; None for no cap.
    The quotas (`max_…`) hold where a feature is `limited`; None for no quota. A suspended company lets nobody in and
    sends nothing; one with `deletion_asked_at` is being deleted, and there is no way back.
    """

    slug: str = Field(unique=True, max_length=64)
    name: str = Field(max_length=120)
    timezone: str = "America/Sao_Paulo"
    language: str = "pt_BR"
    country: str = "BR"
    marketing_cap_per_day: int | None = None
    requires_second_step: bool = False
    max_members: int | None = None
    max_connections: int | None = None
    max_contacts: int | None = None
    max_messages_per_month: int | None = None
    suspended_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
    suspended_reason: str | None = Field(default=None, max_length=500)
    deletion_asked_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]


class CompanyFeature(Table, table=True):
    """How much of a feature a company has; without a row, all of it."""

    company_id: UUID = Field(primary_key=True, foreign_key="company.id", ondelete="CASCADE")
    feature: Feature = Field(primary_key=True, sa_type=words(Feature))  # pyright: ignore[reportArgumentType]
    level: Level = Field(sa_type=words(Level))  # pyright: ignore[reportArgumentType]


class CompanyUsage(Table, table=True):
    """What a company holds, counted every few minutes: the list of companies must not count millions of rows.

    `messages` left since the `month` began, in the company's own time zone.
    """

    company_id: UUID = Field(primary_key=True, foreign_key="company.id", ondelete="CASCADE")
    contacts: int = 0
    messages: int = 0
    month: date
    last_activity_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
    counted_at: datetime = Field(default_factory=now, sa_type=Time)  # pyright: ignore[reportArgumentType]


class OperatorAct(Table, table=True):
    """What somebody of the installation did, for ever: it outlives the company (`about_id`) and the person it speaks of."""

    __table_args__ = (sa.Index("ix_operator_act_newest", sa.text("created_at desc"), sa.text("id desc")),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    created_at: datetime = Field(default_factory=now, sa_type=Time)  # pyright: ignore[reportArgumentType]
    act: str = Field(max_length=40)
    actor_id: UUID | None = None
    actor_name: str = Field(default="", max_length=120)
    ip: str = Field(default="", max_length=64)
    request_id: str = Field(default="", max_length=64)
    about_id: UUID | None = None
    subject: str = Field(default="", max_length=254)
    details: dict[str, Any] = Field(default_factory=dict, sa_type=Json)  # pyright: ignore[reportArgumentType]


# a company's levels by feature as one JSON value, for a query that has the company; null when all are full
LEVELS = (
    sa.select(sa.func.jsonb_object_agg(col(CompanyFeature.feature), col(CompanyFeature.level)))
    .where(col(CompanyFeature.company_id) == col(Company.id))
    .scalar_subquery()
)
