"""What every table shares: a company, an id in time order, two times, and the legal moves of its state."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import declared_attr
from sqlmodel import Field, SQLModel

from masteria.kit.clock import now
from masteria.kit.errors import Conflict
from masteria.kit.ids import new_id

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
Time = sa.DateTime(timezone=True)
Json = pg.JSONB
Texts = pg.ARRAY(sa.Text)


class Table(SQLModel):
    """A table is named after its class: `ContactList` is `contact_list`."""

    @declared_attr.directive
    def __tablename__(cls) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


class Row(Table):
    """A table without a company: only the few that stand above companies.

    The audit trail leaves out what is `untold`, and keeps nothing `personal` of a row that was deleted.
    """

    untold: ClassVar[frozenset[str]] = frozenset()
    personal: ClassVar[frozenset[str]] = frozenset()

    id: UUID = Field(default_factory=new_id, primary_key=True)
    created_at: datetime = Field(default_factory=now, sa_type=Time)  # pyright: ignore[reportArgumentType]
    changed_at: datetime = Field(
        default_factory=now,
        sa_type=Time,  # pyright: ignore[reportArgumentType]
        sa_column_kwargs={"onupdate": now},
    )


class Owned(Row):
    """A row of one company. `moves` lists the legal next states of a table that has a `state`."""

    moves: ClassVar[Mapping[StrEnum, frozenset[StrEnum]]] = {}
    company_id: UUID = Field(default=None, foreign_key="company.id", ondelete="CASCADE", nullable=False)  # pyright: ignore[reportArgumentType]

    def move_to(self, state: StrEnum, reason: str | None = None) -> None:
        """Change the state if that is a legal move, else `Conflict`."""
        current: StrEnum = getattr(self, "state")  # noqa: B009 — declared by the tables that move
        if state not in self.moves.get(current, frozenset()):
            raise Conflict("state", state=str(current), wanted=str(state))
        setattr(self, "state", state)  # noqa: B010
        if hasattr(self, "state_reason"):
            setattr(self, "state_reason", reason)  # noqa: B010


def words(enum: type[StrEnum]) -> sa.Enum:
    """A column of an enum's words, as text with a check; adding a word needs no type change."""
    return sa.Enum(
        enum,
        native_enum=False,
        create_constraint=True,
        name=enum.__name__.lower(),
        length=32,
        values_callable=lambda e: [m.value for m in e],
    )


def of_company(parent: str, column: str, *, ondelete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    """A foreign key that cannot point into another company: row security does not guard references."""
    return sa.ForeignKeyConstraint(
        ["company_id", column],
        [f"{parent}.company_id", f"{parent}.id"],
        ondelete=ondelete,
    )


def parent() -> sa.UniqueConstraint:
    """What `of_company` points at."""
    return sa.UniqueConstraint("company_id", "id")
