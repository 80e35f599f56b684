"""Who belongs to a company, as what, and in which teams."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from masteria.enums import Role
from masteria.models.base import Owned, Table, Texts, Time, of_company, parent, words


class CustomRole(Owned, table=True):
    """A role of the company's own making: a name and what it may do."""

    __table_args__ = (parent(), sa.UniqueConstraint("company_id", "name"))

    name: str = Field(max_length=60)
    permissions: list[str] = Field(sa_type=Texts)  # pyright: ignore[reportArgumentType]


class Member(Owned, table=True):
    """One person in one company. With a `custom_role_id` that role says what they may do, and `role` is only its rank.

    `own_only`: sees the conversations that are theirs or nobody's.
    """

    __table_args__ = (
        parent(),
        sa.UniqueConstraint("company_id", "person_id"),
        of_company("custom_role", "custom_role_id", ondelete="RESTRICT"),
        sa.Index(None, "person_id"),
    )

    person_id: UUID = Field(foreign_key="person.id", ondelete="CASCADE")
    role: Role = Field(sa_type=words(Role))  # pyright: ignore[reportArgumentType]
    custom_role_id: UUID | None = None
    own_only: bool = False


class Team(Owned, table=True):
    """People of a company who share their work."""

    __table_args__ = (parent(), sa.UniqueConstraint("company_id", "name"))

    name: str = Field(max_length=60)


class TeamMember(Table, table=True):
    """One member in one team."""

    __table_args__ = (of_company("team", "team_id"), of_company("member", "member_id"), sa.Index(None, "member_id"))

    company_id: UUID = Field(primary_key=True, foreign_key="company.id", ondelete="CASCADE")
    team_id: UUID = Field(primary_key=True)
    member_id: UUID = Field(primary_key=True)


class Invite(Owned, table=True):
    """A link that makes whoever opens it a member, once. Bound to an address when one is given."""

    __table_args__ = (
        parent(),
        of_company("custom_role", "custom_role_id"),
        of_company("team", "team_id"),
        sa.Index(None, "company_id"),
    )

    email: str = Field(default="", max_length=254)
    role: Role = Field(sa_type=words(Role))  # pyright: ignore[reportArgumentType]
    custom_role_id: UUID | None = None
    team_id: UUID | None = None
    own_only: bool = False
    token_hash: bytes = Field(unique=True, repr=False)
    invited_by: UUID | None = Field(default=None, foreign_key="person.id", ondelete="SET NULL")
    expires_at: datetime = Field(sa_type=Time)  # pyright: ignore[reportArgumentType]
    accepted_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
    revoked_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
