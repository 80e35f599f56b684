"""What bodies and answers share: unknown fields are refused, lists are pages, ids and times look alike everywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from masteria.queries.paging import MOST, Page, decode, encode

T = TypeVar("T")
S = TypeVar("S", bound=BaseModel)

Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at most")]
Cursor = Annotated[str | None, Query(max_length=1000, description="`next_cursor` of the page before")]
Search = Annotated[str, Query(max_length=200, description="What to look for")]
Scalar = str | int | float | bool | None


class Body(BaseModel):
    """What callers send."""

    model_config = ConfigDict(extra="forbid", str_max_length=20_000)


class Shape(BaseModel):
    """What we answer; filled from a query's row."""

    model_config = ConfigDict(from_attributes=True)


class Listed(BaseModel, Generic[T]):
    """A page."""

    data: list[T]
    next_cursor: str | None = Field(default=None, description="Ask with this as `cursor` for the next page")


def listed(shape: Callable[[Any], T], page: Page[Any]) -> Listed[T]:
    """A query's page as the API shows it."""
    return Listed[Any](data=[shape(row) for row in page.rows], next_cursor=page.next_cursor)


def part_of(rows: Iterable[Any], limit: int, cursor: str | None) -> Page[Any]:
    """One page of a list that is short enough to be read whole; rows have an `id`."""
    after, found = decode(cursor, 1), list(rows)
    if after:
        place = next((n for n, row in enumerate(found) if str(row.id) == after[0]), None)
        found = found[place + 1 :] if place is not None else []
    more = len(found) > limit
    return Page(found[:limit], encode([found[limit - 1].id]) if more else None)


def given(body: BaseModel) -> dict[str, Any]:
    """Only what the caller named: the difference between leaving a field out and emptying it."""
    return body.model_dump(exclude_unset=True)
