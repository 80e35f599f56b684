"""Time-ordered ids (UUID version 7, RFC 9562): rows made together lie together in an index."""

from __future__ import annotations

import os
import time
from uuid import UUID

from masteria.kit.errors import NotFound


def new_id() -> UUID:
    """48 bits of Unix milliseconds, then 74 random bits."""
    value = int.from_bytes((time.time_ns() // 1_000_000).to_bytes(6, "big") + os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def parse_id(text: object) -> UUID:
    """An id from outside; what cannot be one names nothing, hence `NotFound`."""
    try:
        return UUID(str(text))
    except ValueError:
        raise NotFound from None
