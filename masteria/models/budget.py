"""How many people a business portfolio may still write to today: Meta's rolling limit, kept by ourselves."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from masteria.models.base import Table, Time, of_company


class PortfolioBudget(Table, table=True):
    """`used` people of the last 24 hours, as counted at `counted_at` and added to since; the row is the lock."""

    company_id: UUID = Field(primary_key=True, foreign_key="company.id", ondelete="CASCADE")
    portfolio_id: str = Field(primary_key=True, max_length=64)
    used: int = 0
    counted_at: datetime = Field(sa_type=Time)  # pyright: ignore[reportArgumentType]


class PortfolioPerson(Table, table=True):
    """Who was written to outside the customer-service window, and when last. Kept for 24 hours."""

    __table_args__ = (
        of_company("contact", "contact_id"),
        sa.Index(None, "company_id", "portfolio_id", "at"),
    )

    company_id: UUID = Field(primary_key=True, foreign_key="company.id", ondelete="CASCADE")
    portfolio_id: str = Field(primary_key=True, max_length=64)
    contact_id: UUID = Field(primary_key=True)
    at: datetime = Field(sa_type=Time)  # pyright: ignore[reportArgumentType]
