"""What bodies and answers share: unknown fields are refused, lists are pages, ids and times look alike everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from masteria.queries.paging import MOST, Page, Sorting

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


def sorted_by(sorting: Sorting) -> Any:
    """The parameter `sort` of a list: `Sort = Annotated[str, sorted_by(…)]`. The query refuses what is not in it."""
    words = "A field of these, with `-` in front for the other way round. A cursor belongs to the sort it came with"
    return Query(max_length=40, description=words, json_schema_extra={"enum": sorting.words})


def given(body: BaseModel) -> dict[str, Any]:
    """Only what the caller named: the difference between leaving a field out and emptying it."""
    return body.model_dump(exclude_unset=True)
