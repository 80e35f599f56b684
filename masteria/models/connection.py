"""A connection: a configured number or gateway account of a company."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from masteria.enums import ConnectionKind, ConnectionStatus
from masteria.models.base import Owned, Time, parent, words
from masteria.models.sealed import Sealed

CLOUD_RATE = 80  # messages a second that Meta grants a number by default (messaging limits, 2026)


class Connection(Owned, table=True):
    """`external_id` is Meta's phone number id, `account_id` its WhatsApp Business Account, `address` the number shown.

    `people_per_day` is how many people the whole business portfolio may write to within 24 hours, None for no limit; `tier`
    is Meta's word for it. Without a `portfolio_id` the account stands for its portfolio.
    """

    __table_args__ = (
        parent(),
        sa.UniqueConstraint("kind", "external_id"),
        sa.CheckConstraint("rate_per_second between 1 and 100000", name="rate"),
    )

    kind: ConnectionKind = Field(sa_type=words(ConnectionKind))  # pyright: ignore[reportArgumentType]
    name: str = Field(max_length=120)
    address: str = Field(default="", max_length=64)
    external_id: str = Field(max_length=64)
    account_id: str = Field(max_length=64)
    access_token: str = Field(sa_type=Sealed("connection|access_token"), repr=False)  # pyright: ignore[reportArgumentType]
    app_secret: str = Field(sa_type=Sealed("connection|app_secret"), repr=False)  # pyright: ignore[reportArgumentType]
    verify_token: str = Field(sa_type=Sealed("connection|verify_token"), repr=False)  # pyright: ignore[reportArgumentType]
    status: ConnectionStatus = Field(default=ConnectionStatus.PENDING, sa_type=words(ConnectionStatus))  # pyright: ignore[reportArgumentType]
    status_reason: str | None = None
    rate_per_second: int = CLOUD_RATE
    quality: str = "UNKNOWN"
    portfolio_id: str = Field(default="", max_length=64)
    tier: str = Field(default="", max_length=64)
    people_per_day: int | None = None
    checked_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
    last_event_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
    bad_signatures: int = 0

    @property
    def portfolio(self) -> str:
        return self.portfolio_id or self.account_id

    @property
    def can_send(self) -> bool:
        return self.status in (ConnectionStatus.CONNECTED, ConnectionStatus.DEGRADED)
