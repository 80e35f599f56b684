"""Values from outside made fit for PostgreSQL, which refuses NUL and lone surrogates: cleaned, never rejected."""

from __future__ import annotations

import math
from typing import Any

TEXT_LIMIT = 100_000
MAX_DEPTH, MAX_KEYS, MAX_ITEMS = 40, 500, 2000


def storable_text(text: str, limit: int = TEXT_LIMIT) -> str:
    """The text without NUL, with `?` for each lone surrogate, at most `limit` characters."""
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode()
    return text.replace("\x00", "")[:limit]


def storable(value: Any, depth: int = 0) -> Any:
    """Any decoded JSON, cleaned through and through; what lies deeper than 40 levels becomes None."""
    if depth > MAX_DEPTH:
        return None
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, dict):
        items = list(value.items())[:MAX_KEYS]
        return {storable_text(str(k)): storable(v, depth + 1) for k, v in items}
    if isinstance(value, list):
        return [storable(v, depth + 1) for v in value[:MAX_ITEMS]]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
