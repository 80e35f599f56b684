"""What a browser keeps for us between two steps and can neither read nor change: sealed, for one purpose, for a while."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from masteria.config import settings
from masteria.kit.clock import now
from masteria.kit.sealing import CannotOpen, KeyRing

NOBODY = UUID(int=0)  # it belongs to no company and no person: its key is the installation's
LONGEST = 4000  # a browser keeps about four thousand bytes of a cookie


def pack(purpose: str, content: dict[str, Any], *, minutes: int) -> str:
    """As a cookie's value or a part of a link; worth nothing for another purpose, nor after its time."""
    until = (now() + timedelta(minutes=minutes)).timestamp()
    sealed = _keys().seal(NOBODY, f"parcel|{purpose}", json.dumps({"until": until, "content": content}))
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def unpack(purpose: str, text: str) -> dict[str, Any] | None:
    """What was packed, or None: made for something else, too old, changed, or never ours."""
    if not text or len(text) > LONGEST:
        return None
    try:
        sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        found = json.loads(_keys().open(NOBODY, f"parcel|{purpose}", sealed))
    except (CannotOpen, ValueError, IndexError):
        return None
    return found["content"] if found["until"] > now().timestamp() else None


def _keys() -> KeyRing:
    return KeyRing(settings().encryption_keys)
