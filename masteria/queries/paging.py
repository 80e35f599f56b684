"""Pages by keyset: the cursor says where the last page ended, so the hundredth page costs what the first does.

A list says in its `Sorting` what it can be sorted by. The order it gives is total, since ids tell equal values apart, and
a cursor belongs to the order it was made in.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlmodel.sql.expression import SelectOfScalar

from masteria.kit.errors import Invalid
from masteria.kit.storable import storable_text

T = TypeVar("T")
MOST = 200
WHOLE = 1000  # of a list that a screen shows at once


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows, and the cursor of the next page if there is one."""

    rows: list[T]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """A column to sort by: its SQL, its type, how a value is read from a cursor (`ValueError` if it is none)."""

    column: str
    type: str
    read: Callable[[str], Any]
    form: str = "{}"

    @property
    def here(self) -> str:
        """What is compared of the row."""
        return self.form.format(self.column)

    def there(self, name: str) -> str:
        """What is compared of the parameter `name`."""
        return self.form.format(f"cast(:{name} as {self.type})")


def by_time(column: str) -> Key:
    """Earliest first."""
    return Key(column, "timestamptz", datetime.fromisoformat)


def by_name(column: str) -> Key:
    """Without regard to capitals, in the order that `ix_contact_name` has."""
    return Key(column, "text", storable_text, 'lower({}) collate "C"')


def by_word(column: str) -> Key:
    """Letter by letter, capitals before small ones."""
    return Key(column, "text", storable_text, '{} collate "C"')


def by_number(column: str) -> Key:
    """Smallest first."""
    return Key(column, "bigint", int)


def by_id(column: str) -> Key:
    """In the order they were made in."""
    return Key(column, "uuid", UUID)


@dataclass(frozen=True, slots=True)
class Order:
    """One way through a list: a condition and an order for SQL, and the values that the condition needs."""

    sort: str
    after: str
    by: str
    values: Mapping[str, Any]

    def page(self, rows: list[T], limit: int) -> Page[T]:
        """From one row more than asked for: was there a next page? Rows have the field sorted by, and an `id`."""
        if len(rows) <= limit:
            return Page(rows)
        last = rows[limit - 1]
        return Page(rows[:limit], encode([self.sort, getattr(last, self.sort.lstrip("-")), getattr(last, "id")]))  # noqa: B009

    def of(self, query: SelectOfScalar[T], limit: int) -> SelectOfScalar[T]:
        """The query in this order, from here on, with one row more than asked for."""
        after = sa.text(self.after).bindparams(**self.values)
        return query.where(after).order_by(sa.text(self.by)).limit(limit + 1)


@dataclass(frozen=True, slots=True)
class Sorting:
    """What a list can be sorted by: public fields and their keys, the usual sort, and the key of the row's `id`."""

    usual: str
    fields: Mapping[str, Key]
    tie: Key

    @property
    def words(self) -> list[str]:
        """Every value that `sort` may have."""
        return [sign + field for field in self.fields for sign in ("", "-")]

    def order(self, sort: str, cursor: str | None) -> Order:
        """From the start, or from where the cursor's page ended. `Invalid` for an unknown sort or another's cursor."""
        sort = sort or self.usual
        if sort not in self.words:
            raise Invalid("sort", "unknown_sort", words=", ".join(self.words))
        key, down = self.fields[sort.lstrip("-")], sort.startswith("-")
        way = " desc" if down else ""
        by = f"{key.here}{way}, {self.tie.here}{way}"
        found = decode(cursor, 3)
        if found is None:
            return Order(sort, "true", by, {})
        if found[0] != sort:
            raise Invalid("cursor", "cursor_of_another_sort")
        here, there = f"({key.here}, {self.tie.here})", f"({key.there('after')}, {self.tie.there('after_id')})"
        values = _read({"after": (key, found[1]), "after_id": (self.tie, found[2])})
        return Order(sort, f"{here} {'<' if down else '>'} {there}", by, values)


def encode(values: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps([str(v) for v in values]).encode()).decode().rstrip("=")


def decode(cursor: str | None, length: int) -> list[str] | None:
    """The cursor's values; `Invalid("cursor")` for anything we did not make."""
    if not cursor:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        raise Invalid("cursor", "unreadable") from None
    if not isinstance(found, list) or len(found) != length or not all(isinstance(v, str) for v in found):
        raise Invalid("cursor", "unreadable")
    return found


def checked_limit(limit: int) -> int:
    """1 to 200, else `Invalid("limit")`."""
    if not 1 <= limit <= MOST:
        raise Invalid("limit", "out_of_range", limit=MOST)
    return limit


def _read(values: Mapping[str, tuple[Key, str]]) -> dict[str, Any]:
    try:
        return {name: key.read(text) for name, (key, text) in values.items()}
    except (ValueError, OverflowError):
        raise Invalid("cursor", "unreadable") from None
