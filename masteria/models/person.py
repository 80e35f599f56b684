"""People and the ways they and their programs come in: memberships, sessions, API keys."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from masteria.enums import Role
from masteria.models.base import Owned, Row, Texts, Time, words


class Person(Row, table=True):
    """Somebody with a password; belongs to companies through `Member`. The address is kept in lower case."""

    email: str = Field(unique=True, max_length=254)
    name: str = Field(max_length=120)
    password_hash: str = Field(repr=False)
    language: str = "pt_BR"


class Member(Owned, table=True):
    """One person in one company, with a role."""

    __table_args__ = (
        sa.UniqueConstraint("company_id", "person_id"),
        sa.Index(None, "person_id"),
    )

    person_id: UUID = Field(foreign_key="person.id", ondelete="CASCADE")
    role: Role = Field(sa_type=words(Role))  # pyright: ignore[reportArgumentType]


class Session(Owned, table=True):
    """A signed-in device. The browser holds the token, the table its SHA-256."""

    __table_args__ = (sa.Index(None, "company_id"), sa.Index(None, "person_id"))

    person_id: UUID = Field(foreign_key="person.id", ondelete="CASCADE")
    token_hash: bytes = Field(unique=True, repr=False)
    user_agent: str = Field(default="", max_length=300)
    ip: str = Field(default="", max_length=64)
    last_seen_at: datetime = Field(sa_type=Time)  # pyright: ignore[reportArgumentType]
    expires_at: datetime = Field(sa_type=Time)  # pyright: ignore[reportArgumentType]
    revoked_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]


class ApiKey(Owned, table=True):
    """A program's key: shown once, kept as a hash; `hint` is its last four characters."""

    __table_args__ = (sa.Index(None, "company_id"),)

    name: str = Field(max_length=120)
    key_hash: bytes = Field(unique=True, repr=False)
    hint: str = Field(max_length=8)
    scopes: list[str] = Field(sa_type=Texts)  # pyright: ignore[reportArgumentType]
    expires_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
    last_used_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
    revoked_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
