"""Pages by keyset: the cursor says where the last page ended, so the hundredth page costs what the first does."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from masteria.kit.errors import Invalid

T = TypeVar("T")
LIMIT, MOST = 50, 200


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows, and the cursor of the next page if there is one."""

    rows: list[T]
    next_cursor: str | None = None


def page_of(rows: list[T], limit: int, key: Any) -> Page[T]:
    """From one row more than asked for: was there a next page? `key(row)` gives the cursor's values."""
    if len(rows) <= limit:
        return Page(rows)
    return Page(rows[:limit], encode(key(rows[limit - 1])))


def encode(values: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps([str(v) for v in values]).encode()).decode().rstrip("=")


def decode(cursor: str | None, length: int) -> list[str] | None:
    """The cursor's values; `Invalid("cursor")` for anything we did not make."""
    if not cursor:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        raise Invalid("cursor", "unreadable") from None
    if not isinstance(found, list) or len(found) != length or not all(isinstance(v, str) for v in found):
        raise Invalid("cursor", "unreadable")
    return found


def moment_and_id(cursor: str | None) -> dict[str, Any] | None:
    """The cursor of a list by time, as the parameters `at` and `after`; `Invalid("cursor")` for anything else."""
    values = decode(cursor, 2)
    if values is None:
        return None
    try:
        return {"at": datetime.fromisoformat(values[0]), "after": UUID(values[1])}
    except ValueError:
        raise Invalid("cursor", "unreadable") from None


def checked_limit(limit: int) -> int:
    """1 to 200, else `Invalid("limit")`."""
    if not 1 <= limit <= MOST:
        raise Invalid("limit", "out_of_range", limit=MOST)
    return limit
