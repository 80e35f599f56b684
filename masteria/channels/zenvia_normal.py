"""Everything a Zenvia webhook tells, as normalised events: statuses of our messages and what people write. Pure.

Written against API v2: events `MESSAGE_STATUS` and `MESSAGE`, one a request. Our number there is an alias.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from masteria.channels.sms_told import Heard, Said, clock_seconds, kind_of
from masteria.channels.told import BROKEN, Told, items, part
from masteria.channels.values import as_dict, first, text, word

_STATUS = {
    "SENT": "sent",
    "DELIVERED": "delivered",
    "READ": "read",
    "NOT_DELIVERED": "failed",
    "REJECTED": "rejected",
}


def normalise(body: dict[str, Any], received_at: datetime) -> list[Told]:
    """What one event tells."""
    message, kind = as_dict(body.get("message")), word(body.get("type"))
    is_ours = kind == "MESSAGE_STATUS" or message.get("direction") == "OUT"
    at = first(clock_seconds(part(body, "messageStatus", "timestamp")), clock_seconds(body.get("timestamp")))
    number = word(message.get("from" if is_ours else "to"))
    heard = Heard(body, number, word(body.get("subscriptionId")), at, received_at)
    try:
        if kind == "MESSAGE_STATUS":
            return [_went(heard, message)]
        if kind == "MESSAGE":
            return [heard.unknown("item", body) if is_ours else _written(heard, message)]
    except BROKEN:
        return [heard.unknown("item", body)]
    return [heard.unknown("object", kind)]


def _went(heard: Heard, message: dict[str, Any]) -> Told:
    told = as_dict(heard.item.get("messageStatus"))
    code = word(told.get("code"))
    status = _STATUS.get((code or "").upper())
    if status is None:
        return heard.unknown("status", code)
    cause = next(iter(items(told.get("causes"))), None)
    external_id = first(word(heard.item.get("messageId")), word(message.get("id")))
    error = part(cause, "channelErrorCode")
    return heard.status(external_id, status, message.get("to"), error=error, opaque=word(message.get("externalId")))


def _written(heard: Heard, message: dict[str, Any]) -> Told:
    return heard.message(message.get("id"), message.get("from"), _said(message))


def _said(message: dict[str, Any]) -> Said:
    """All texts of a message, a line each; a message without any is known by its first part."""
    parts = [as_dict(content) for content in items(message.get("contents"))]
    texts = [found for content in parts if (found := text(content.get("text"))) is not None]
    name = first(word(part(message, "visitor", "name")), word(part(message, "visitor", "firstName")))
    file = next((content for content in parts if content.get("type") == "file"), None)
    if file is not None:
        mime = word(file.get("fileMimeType"))
        caption = first(text(file.get("fileCaption")), "\n".join(texts) or None)
        return Said(caption, kind_of(mime), {"id": None, "mime_type": mime, "url": word(file.get("fileUrl"))}, name)
    kind = (word(parts[0].get("type")) or "unknown")[:32] if parts and not texts else "text"
    return Said("\n".join(texts) if texts else None, kind, None, name)
