"""A company: the tenant that owns everything else, and what the installation gives it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, col

from masteria.enums import Feature, Level
from masteria.models.base import Row, Table, Time, words


class Company(Row, table=True):
    """`slug` names it in commands; `timezone` is an IANA name, `country` an ISO code (for numbers without `+`).

    `marketing_cap_per_day` is how many marketing templates one person may get within 24 hours; None for no cap.
    The quotas (`max_…`) hold where a feature is `limited`; None for no quota. A suspended company lets nobody in and
    sends nothing.
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


class CompanyFeature(Table, table=True):
    """How much of a feature a company has; without a row, all of it."""

    company_id: UUID = Field(primary_key=True, foreign_key="company.id", ondelete="CASCADE")
    feature: Feature = Field(primary_key=True, sa_type=words(Feature))  # pyright: ignore[reportArgumentType]
    level: Level = Field(sa_type=words(Level))  # pyright: ignore[reportArgumentType]


# a company's levels by feature as one JSON value, for a query that has the company; null when all are full
LEVELS = (
    sa.select(sa.func.jsonb_object_agg(col(CompanyFeature.feature), col(CompanyFeature.level)))
    .where(col(CompanyFeature.company_id) == col(Company.id))
    .scalar_subquery()
)
