"""The echo that a vendor carries back with each status: `r:` and a recipient's id, or `m:` and a message's."""

from __future__ import annotations

from uuid import UUID


def echoed(text: str | None) -> tuple[str, str] | None:
    """Kind and id of an echo of ours; anything else is none."""
    kind, _, row_id = (text or "").partition(":")
    if kind not in ("r", "m"):
        return None
    try:
        return kind, str(UUID(row_id))
    except ValueError:
        return None
