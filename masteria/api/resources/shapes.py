"""What every resource shares: strict bodies, lists with a cursor, rows as JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict

from masteria.queries.paging import Page

Limit = Annotated[int, Query(ge=1, le=200, description="rows a page")]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before")]


class Body(BaseModel):
    """A request's body; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", str_max_length=100_000)


def plain(value: Any) -> Any:
    """Rows, ids and times as JSON: text ids, RFC 3339 UTC."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return value


def page(found: Page[Any], shape: Callable[[Any], Any] = plain) -> dict[str, Any]:
    """`{"data": […], "next_cursor": …}`."""
    return {"data": [shape(row) for row in found.rows], "next_cursor": found.next_cursor}


def rows(found: list[Any], shape: Callable[[Any], Any] = plain) -> dict[str, Any]:
    """A list that fits into one page."""
    return {"data": [shape(row) for row in found], "next_cursor": None}
