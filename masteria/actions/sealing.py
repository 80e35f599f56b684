"""Secrets under a new key: every sealed value is opened and sealed again, in small transactions, while others read and write.

Where it stands is in the values themselves: each says its layout and key, so it may be stopped and run again at any time.
What is sealed is found in the tables' own description; nobody keeps a list.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, select

from masteria.config import settings
from masteria.core.access import Actor
from masteria.core.work import work_across, work_as
from masteria.kit.sealing import CannotOpen, KeyRing
from masteria.models import Company
from masteria.models.sealed import OWNER, Sealed, row_mark

BATCH = 500


@dataclass(frozen=True, slots=True)
class Place:
    """A column of sealed values: what tells its rows apart, and the column whose id they are sealed for."""

    table: str
    column: str
    key: str
    owner: str
    is_row: bool

    @property
    def name(self) -> str:
        return f"{self.table}|{self.column}"


@dataclass(frozen=True, slots=True)
class Batch:
    """What to look at next: one company's values of a place, after this row; without a company, everybody's."""

    place: Place
    company_id: UUID | None
    skip: str
    after: Any = None

    @property
    def words(self) -> dict[str, str]:
        """Names of our own models' columns, for the query."""
        place, beyond = self.place, "" if self.after is None else f"{self.place.key} > :after and"
        names = {"table": place.table, "column": place.column, "key": place.key, "owner": place.owner}
        return {**names, "beyond": beyond, "skip": self.skip}


@dataclass(slots=True)
class Count:
    """Values of one place: sealed anew, and those that cannot be opened and stay as they are."""

    place: str
    done: int = 0
    broken: int = 0


def places() -> list[Place]:
    """Every column that holds sealed values."""
    return [found for table in SQLModel.metadata.sorted_tables for found in _places(table)]


def rotate() -> list[Count]:
    """Seal everything under the newest key; what it was before stays readable meanwhile."""
    companies = _companies()
    return [_rotated(place, companies) for place in places()]


def _places(table: sa.Table) -> Iterator[Place]:
    for column in table.columns:
        if isinstance(kind := column.type, Sealed):
            yield Place(table.name, column.name, kind.row, "company_id", is_row=True)
        elif OWNER in column.info:
            yield Place(table.name, column.name, "id", column.info[OWNER], is_row=False)


def _rotated(place: Place, companies: list[UUID]) -> Count:
    """Twice: the first time what others are changing is left out, the second time it is waited for."""
    count = Count(place.name)
    for skip in ("skip locked", ""):
        count.broken = 0
        for company_id in companies if place.is_row else [None]:
            batch = Batch(place, company_id, skip)
            while (last := _seal_batch(batch, count)) is not None:
                batch = replace(batch, after=last)
    return count


def _seal_batch(batch: Batch, count: Count) -> Any:
    """The next values that are not as they should be; the key of the last one, None when there are no more."""
    if batch.company_id is None:
        with work_across() as database:
            return _seal_anew(database, batch, count)
    with work_as(Actor.system(batch.company_id)) as work:
        return _seal_anew(work.session, batch, count)


def _seal_anew(database: Session, batch: Batch, count: Count) -> Any:
    ring, place = KeyRing(settings().encryption_keys), batch.place
    mark = ring.mark(is_row=place.is_row)
    values = {"mark": mark, "length": len(mark), "after": batch.after, "count": BATCH}
    found: list[Any] = list(database.execute(sa.text(_OLD.format(**batch.words)), values))  # pyright: ignore[reportDeprecated]
    changed = [(row[0], sealed) for row in found if (sealed := _sealed(ring, place, row)) is not None]
    for key, sealed in changed:
        statement = sa.text(f"update {place.table} set {place.column} = :sealed where {place.key} = :key")
        database.execute(statement, {"sealed": sealed, "key": key})  # pyright: ignore[reportDeprecated]
    count.done += len(changed)
    count.broken += len(found) - len(changed)
    return found[-1][0] if found else None


def _sealed(ring: KeyRing, place: Place, row: Any) -> bytes | None:
    key, owner, value = row
    mark = row_mark(key) if place.is_row else None
    try:
        return ring.seal(owner, place.name, ring.open(owner, place.name, bytes(value), mark), mark)
    except CannotOpen:
        return None


def _companies() -> list[UUID]:
    with work_across() as database:
        return list(database.exec(select(Company.id)))


_OLD = """select {key}, {owner}, {column} from {table}
  where {beyond} octet_length({column}) > 0 and substr({column}, 1, :length) <> :mark
  order by {key} limit :count for update {skip}"""
