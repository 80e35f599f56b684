"""How people and programs come in, and stay in: sessions, API keys, refresh tokens."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from masteria.kit.clock import now
from masteria.models.base import Owned, Texts, Time


class Session(Owned, table=True):
    """A signed-in device. The browser holds the token, the table its SHA-256.

    `proven_at` is when the person last showed who they are; dangerous acts want that to be recent. With a
    `support_reason` it is somebody of the installation inside another company.
    """

    __table_args__ = (sa.Index(None, "company_id"), sa.Index(None, "person_id"))

    person_id: UUID = Field(foreign_key="person.id", ondelete="CASCADE")
    token_hash: bytes = Field(unique=True, repr=False)
    user_agent: str = Field(default="", max_length=300)
    ip: str = Field(default="", max_length=64)
    method: str = Field(default="password", max_length=16)
    proven_at: datetime = Field(default_factory=now, sa_type=Time)  # pyright: ignore[reportArgumentType]
    last_seen_at: datetime = Field(sa_type=Time)  # pyright: ignore[reportArgumentType]
    expires_at: datetime = Field(sa_type=Time)  # pyright: ignore[reportArgumentType]
    revoked_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
    support_reason: str | None = Field(default=None, max_length=500)


class ApiKey(Owned, table=True):
    """A program's key: shown once, kept as a hash; `hint` is its last four characters.

    `addresses` are the networks (CIDR) it may be used from; none means any.
    """

    __table_args__ = (sa.Index(None, "company_id"),)

    name: str = Field(max_length=120)
    key_hash: bytes = Field(unique=True, repr=False)
    hint: str = Field(max_length=8)
    scopes: list[str] = Field(sa_type=Texts)  # pyright: ignore[reportArgumentType]
    addresses: list[str] = Field(default_factory=list, sa_type=Texts)  # pyright: ignore[reportArgumentType]
    created_by: UUID | None = Field(default=None, foreign_key="person.id", ondelete="SET NULL")
    expires_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
    last_used_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
    revoked_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]


class RefreshToken(Owned, table=True):
    """What an API client trades for a new JWT. Each works once; a second use ends its whole `family`."""

    __table_args__ = (sa.Index(None, "company_id"), sa.Index(None, "person_id"), sa.Index(None, "family"))

    person_id: UUID = Field(foreign_key="person.id", ondelete="CASCADE")
    family: UUID
    token_hash: bytes = Field(unique=True, repr=False)
    ip: str = Field(default="", max_length=64)
    user_agent: str = Field(default="", max_length=300)
    expires_at: datetime = Field(sa_type=Time)  # pyright: ignore[reportArgumentType]
    used_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
    revoked_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
