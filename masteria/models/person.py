"""People, above companies, and what proves that somebody is one of them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from masteria.enums import MailState, Provider, TicketPurpose
from masteria.models.base import Row, Time, words
from masteria.models.sealed import sealed_for


class Person(Row, table=True):
    """Somebody who can sign in; belongs to companies through `Member`. The address is kept in lower case.

    `password_hash` is empty for who only ever came by another login. `is_operator` runs the installation.
    """

    email: str = Field(unique=True, max_length=254)
    name: str = Field(max_length=120)
    password_hash: str = Field(default="", repr=False)
    language: str = "pt_BR"
    email_verified_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
    second_step_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
    is_operator: bool = False


class Login(Row, table=True):
    """A person as another provider knows them; `subject` is the provider's own id, never the address."""

    __table_args__ = (sa.UniqueConstraint("provider", "subject"), sa.UniqueConstraint("person_id", "provider"))

    person_id: UUID = Field(foreign_key="person.id", ondelete="CASCADE")
    provider: Provider = Field(sa_type=words(Provider))  # pyright: ignore[reportArgumentType]
    subject: str = Field(max_length=255)
    email: str = Field(default="", max_length=254)
    last_used_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]


class SecondStep(Row, table=True):
    """A person's authenticator (RFC 6238). `secret` is sealed for the person; `last_counter` makes each code work once.

    Until `confirmed_at` the person has not shown that the authenticator works, and it asks for nothing.
    """

    person_id: UUID = Field(foreign_key="person.id", ondelete="CASCADE", unique=True)
    secret: bytes = Field(repr=False, sa_column_kwargs=sealed_for("person_id"))
    confirmed_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
    last_counter: int = Field(default=0, sa_type=sa.BigInteger)


class BackupCode(Row, table=True):
    """A code for the day the authenticator is lost; works once."""

    __table_args__ = (sa.Index(None, "person_id"),)

    person_id: UUID = Field(foreign_key="person.id", ondelete="CASCADE")
    code_hash: bytes = Field(repr=False)
    used_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]


class Ticket(Row, table=True):
    """A link by mail, or a cookie between two steps, that works once. The holder has the token, the table its SHA-256."""

    __table_args__ = (sa.Index(None, "person_id"),)

    purpose: TicketPurpose = Field(sa_type=words(TicketPurpose))  # pyright: ignore[reportArgumentType]
    person_id: UUID = Field(foreign_key="person.id", ondelete="CASCADE")
    token_hash: bytes = Field(unique=True, repr=False)
    email: str = Field(default="", max_length=254)
    expires_at: datetime = Field(sa_type=Time)  # pyright: ignore[reportArgumentType]
    used_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]


class Mail(Row, table=True):
    """A message to be sent by SMTP; `body` holds links that open doors, so it is sealed for the row and emptied when sent."""

    __table_args__ = (sa.Index("ix_mail_due", "due_at", postgresql_where=sa.text("state = 'queued'")),)

    address: str = Field(max_length=254)
    subject: str = Field(max_length=200)
    body: bytes = Field(default=b"", repr=False, sa_column_kwargs=sealed_for("id"))
    state: MailState = Field(default=MailState.QUEUED, sa_type=words(MailState))  # pyright: ignore[reportArgumentType]
    due_at: datetime = Field(sa_type=Time)  # pyright: ignore[reportArgumentType]
    attempts: int = 0
    reason: str | None = None
