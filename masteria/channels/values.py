"""Single values of vendors' webhooks, read without trust: text for numbers, numbers for text, nulls, times. Pure.

Every reader gives `None` for what is not there or cannot be; none raises but `wamid`, since a message without its id is
no message.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from masteria.kit.storable import storable_text

MOST_ID = 128  # characters of a message id that are kept; a longer one is none of Meta's
MOST_USER_ID = 160
MOST_WHOLE = 2**63 - 1
_PHONE = re.compile(r"[0-9]{5,15}")
_WHOLE = re.compile(r"-?\d{1,19}")
_FIRST, _LAST = 0, 253_402_300_799  # the seconds of years 1970 to 9999


def load(raw: bytes) -> dict[str, Any] | None:
    """The body as it stands; None when it is no JSON object (too deep and endless numbers included)."""
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def as_list(value: Any) -> list[Any]:
    """Any list of a webhook may be absent, null or something else."""
    return value if isinstance(value, list) else []


def as_dict(value: Any) -> dict[str, Any]:
    """The same for objects."""
    return value if isinstance(value, dict) else {}


def text(value: Any) -> str | None:
    """Text as it stands, a number as text."""
    if isinstance(value, str):
        return storable_text(value)
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def word(value: Any) -> str | None:
    """Text that says something: empty is the same as missing."""
    return text(value) or None


def whole(value: Any) -> int | None:
    """A whole number, also as text."""
    if isinstance(value, str):
        value = int(value) if _WHOLE.fullmatch(value.strip()) else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if abs(value) <= MOST_WHOLE else None


def seconds(value: Any) -> int | None:
    """Epoch seconds as text or number; a time that cannot be is none."""
    found = whole(value)
    return found if found is not None and _FIRST < found <= _LAST else None


def moment(value: Any, received_at: datetime) -> datetime:
    """When it happened: never after we heard of it, and not in years before there was WhatsApp Business."""
    found = seconds(value)
    if found is None:
        return received_at
    at = datetime.fromtimestamp(found, UTC)
    return min(at, received_at) if at.year >= 2015 else received_at


def digits(value: Any) -> str | None:
    """The digits of a phone number; what is none (a group's id, a word) is None."""
    found = re.sub(r"[^0-9]", "", (text(value) or "")[:40])
    return found if _PHONE.fullmatch(found) else None


def user_id(value: Any) -> str | None:
    """A business-scoped user id."""
    found = word(value)
    return found if found and len(found) <= MOST_USER_ID else None


def wamid(value: Any) -> str:
    """The id of a message or call."""
    found = text(value) or ""
    if not 0 < len(found) <= MOST_ID:
        raise ValueError("not an id")
    return found


def first(*candidates: Any) -> Any:
    """The first that is there."""
    return next((c for c in candidates if c is not None), None)
