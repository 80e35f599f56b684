"""A text column whose value in the database is sealed for its company, table, column and row.

Nothing else has to think of it: a row's flush binds its secrets to the row, and every `select` of the column brings what
is needed to open it. A statement past the session says to which row a value belongs: `Bound(text, row)`.
"""

from __future__ import annotations

import hashlib
import logging
from contextvars import ContextVar
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Mapper
from sqlalchemy.orm.attributes import instance_state

from masteria.kit.sealing import CannotOpen, KeyRing, Unreadable

log = logging.getLogger(__name__)
OWNER = "sealed for"  # of a column: the one whose id the value is sealed for
_MARK = hashlib.sha256().digest_size

# Which company's values are sealed and opened, and with which keys; set by core/work.py.
sealing_for: ContextVar[tuple[UUID, KeyRing] | None] = ContextVar("sealing_for", default=None)


class Bound(str):
    """A secret on its way into its row."""

    __slots__ = ("row",)

    def __new__(cls, text: str, row: object) -> Bound:
        made = super().__new__(cls, text)
        made.row = str(row)
        return made


class Sealed(sa.types.TypeDecorator[str]):
    """`place` is `table|column`, `row` the column that tells the rows of one company apart.

    A value that cannot be opened is `Unreadable`: the page still shows, and says which secret must be given again.
    """

    impl = sa.LargeBinary
    cache_ok = True

    def __init__(self, place: str, row: str = "id") -> None:
        super().__init__()
        self.place, self.row = place, row

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> Any:
        if value is None:
            return None
        if not isinstance(value, Bound):
            raise RuntimeError(f"a secret of {self.place} without its row: Bound(text, row)")
        company_id, ring = _sealing()
        return ring.seal(company_id, self.place, value, row_mark(value.row))

    def column_expression(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        """The row's mark before the value: what is selected opens wherever it is read."""
        row = sa.cast(column.table.c[self.row], sa.Text)  # pyright: ignore[reportAttributeAccessIssue]
        mark = sa.func.sha256(sa.func.convert_to(row, sa.literal_column("'UTF8'")))
        return mark.op("||", return_type=self)(column)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> str | None:
        if value is None:
            return None
        company_id, ring = _sealing()
        found = bytes(value)
        try:
            return ring.open(company_id, self.place, found[_MARK:], found[:_MARK])
        except CannotOpen:
            log.warning("a secret of company %s cannot be opened: %s", company_id, self.place)
            return Unreadable.fresh()


def sealed_for(owner: str) -> dict[str, Any]:
    """Says of a column of bytes above companies whose secret it holds, as `KeyRing.seal` was told: the row or a person."""
    return {"info": {OWNER: owner}}


def row_mark(row: object) -> bytes:
    """A row as secrets are bound to it, the same as PostgreSQL makes of it."""
    return hashlib.sha256(str(row).encode()).digest()


def _sealing() -> tuple[UUID, KeyRing]:
    found = sealing_for.get()
    if found is None:
        raise RuntimeError("a sealed column was used outside a Work")
    return found


@event.listens_for(Mapper, "after_mapper_constructed")
def _see_to_rows(mapper: Mapper[Any], of_class: type[Any]) -> None:
    sealed = {key: kind.row for key, column in mapper.columns.items() if isinstance(kind := column.type, Sealed)}
    for moment in ("before_insert", "before_update") if sealed else ():
        event.listen(of_class, moment, partial(_bind, sealed))


def _bind(sealed: dict[str, str], mapper: Mapper[Any], connection: sa.Connection, target: Any) -> None:
    """What is new or changed goes into this row and no other."""
    state = instance_state(target)
    for key, row in sealed.items():
        for text in state.attrs[key].history.added or ():
            if text is not None:
                setattr(target, key, Bound(text, getattr(target, row)))
