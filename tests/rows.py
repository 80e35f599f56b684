"""One row of any table, by what its model says of it: whoever adds a table gets it tried without writing a line."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlmodel import SQLModel

import masteria.models  # noqa: F401 — makes every table known
from masteria.core.access import Actor
from masteria.core.db import owner_engine
from masteria.kit.clock import now
from masteria.kit.ids import new_id

# what a check of the table wants beside the type
PARTICULAR: dict[str, dict[str, Any]] = {
    "lease": {"ledger": "recipient"},
    "mail": {"state": "sent"},
    "recipient": {"state": "sent"},
    "intake": {"month": now().date().replace(day=1)},
}
Values = dict[str, Any]


def tables() -> list[sa.Table]:
    """All of ours, parents first."""
    return list(SQLModel.metadata.sorted_tables)


def models() -> dict[str, type[SQLModel]]:
    """The class of each table."""
    return {c.__tablename__: c for c in _below(SQLModel) if hasattr(c, "__table__")}  # pyright: ignore[reportReturnType, reportAttributeAccessIssue]


class Rows:
    """Rows of one company, each table at most once; parents are made as they are needed."""

    def __init__(self, connection: sa.Connection, company_id: UUID, person_id: UUID) -> None:
        self._connection = connection
        self.known: dict[str, Values] = {"company": {"id": company_id}, "person": {"id": person_id}}

    def of(self, table: sa.Table) -> Values:
        """This table's row; made now unless it is there."""
        if table.name not in self.known:
            values = self.fresh(table)
            self._connection.execute(plain(table).insert().values(**values))
            self.known[table.name] = values
        return self.known[table.name]

    def fresh(self, table: sa.Table) -> Values:
        """Values of another row, as its table wants them."""
        values = {c.name: v for c in table.columns if (v := _value(c)) is not None}
        values |= PARTICULAR.get(table.name, {})
        for column in parents(table):
            for key in column.foreign_keys:
                values[column.name] = self.of(key.column.table)[key.column.name]
        return values


def parents(table: sa.Table) -> list[sa.Column[Any]]:
    """The columns that point at another table, those of the company among them."""
    return [c for c in table.columns if c.foreign_keys and (not c.nullable or c.name.endswith("_id"))]


# how addresses and arguments call a row whose table has a longer name
SHORT = {"key": "api_key", "list": "contact_list", "import": "import_batch", "event": "intake", "role": "custom_role"}


def ids_by_name(rows: Rows) -> dict[str, UUID]:
    """One id of every kind by the name that arguments and addresses give it: `contact_id`, `list_id`, …"""
    found = {f"{name}_id": values["id"] for name, values in rows.known.items() if isinstance(values.get("id"), UUID)}
    return found | {f"{short}_id": found[f"{name}_id"] for short, name in SHORT.items()}


def one_of_everything(actor: Actor) -> Rows:
    """A row of every table, of this actor's company or person; the actor's own member among them."""
    with owner_engine().begin() as connection:
        rows = Rows(connection, actor.company_id, actor.person_id or new_id())
        query = sa.text("select id, company_id from app.member where company_id = :company and person_id = :person")
        values = {"company": actor.company_id, "person": actor.person_id}
        rows.known["member"] = dict(connection.execute(query, values).mappings().one())
        for table in tables():
            rows.of(table)
    return rows


def key_of(table: sa.Table, values: Values) -> Values:
    """The values of the primary key."""
    return {c.name: values[c.name] for c in table.primary_key.columns}


@cache
def plain(table: sa.Table) -> sa.TableClause:
    """The table without what its columns do to values: sealed ones take bytes."""
    return sa.table(table.name, *(sa.column(c.name, _bare(c.type)) for c in table.columns), schema="app")


def _below(kind: type[SQLModel]) -> Iterator[type[SQLModel]]:
    for sub in kind.__subclasses__():
        yield sub
        yield from _below(sub)


def _bare(kind: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
    return kind.impl_instance if isinstance(kind, sa.types.TypeDecorator) else kind


def _value(column: sa.Column[Any]) -> Any:
    field = models()[column.table.name].model_fields.get(column.name)  # pyright: ignore[reportAttributeAccessIssue]
    default = field.get_default(call_default_factory=True) if field else None
    if isinstance(default, str | int | float | bool | list | dict | UUID) and default not in ("", b""):
        return default
    if column.nullable and not column.primary_key:
        return None
    return _of_type(_bare(column.type))


def _of_type(kind: sa.types.TypeEngine[Any]) -> Any:
    if isinstance(kind, sa.Enum):
        return kind.enums[0]
    if isinstance(kind, sa.String):
        return secrets.token_hex(max(1, min(4, (kind.length or 8) // 2)))
    return next(sample() for known, sample in _SAMPLES.items() if isinstance(kind, known))


_SAMPLES: dict[type[Any], Callable[[], Any]] = {
    sa.Uuid: new_id,
    sa.DateTime: now,
    sa.Date: lambda: now().date(),
    sa.Boolean: lambda: False,
    sa.Integer: lambda: 1,
    sa.LargeBinary: lambda: os.urandom(32),
    pg.ARRAY: list,
    pg.JSONB: dict,
}
