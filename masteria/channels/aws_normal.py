"""Everything AWS End User Messaging SMS tells, as normalised events: delivery events and what people write. Pure.

Both come through SNS: its envelope holds the event as text in `Message`. With raw delivery there is no envelope.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from masteria.channels.sms_told import Heard, Said, clock_seconds
from masteria.channels.told import BROKEN, Told, part
from masteria.channels.values import load, text, whole, word

NOTIFICATION = "Notification"
_STATUS = {
    **dict.fromkeys(("TEXT_QUEUED", "TEXT_PENDING"), "queued"),
    "TEXT_SUCCESSFUL": "sent",  # the carrier has it
    "TEXT_DELIVERED": "delivered",
    "TEXT_TTL_EXPIRED": "expired",
    **dict.fromkeys(("TEXT_UNREACHABLE", "TEXT_CARRIER_UNREACHABLE"), "failed"),
    **dict.fromkeys(("TEXT_INVALID", "TEXT_INVALID_MESSAGE", "TEXT_SPAM"), "rejected"),
    **dict.fromkeys(("TEXT_BLOCKED", "TEXT_CARRIER_BLOCKED", "TEXT_PROTECT_BLOCKED"), "rejected"),
}
_ON_THE_WAY = ("queued", "sent", "delivered")
_NEVER_TOLD = "TEXT_UNKNOWN"  # three days have passed and the carrier said nothing: neither delivered nor failed


def normalise(body: dict[str, Any], received_at: datetime) -> list[Told]:
    """What one request of SNS tells, or one event without the envelope."""
    kind = word(body.get("Type"))
    if kind is None:
        return [_told(body, None, None, received_at)]
    topic, at = word(body.get("TopicArn")), clock_seconds(body.get("Timestamp"))
    heard = Heard(body, None, topic, at, received_at)
    if kind != NOTIFICATION:  # a topic to be confirmed, or one that was left
        return [heard.unknown("object", kind)]
    event = load((text(body.get("Message")) or "").encode())
    return [heard.unknown("item", body.get("Message")) if event is None else _told(event, topic, at, received_at)]


def _told(event: dict[str, Any], topic: str | None, at: int | None, received_at: datetime) -> Told:
    if "inboundMessageId" in event:
        heard = Heard(event, word(event.get("destinationNumber")), topic, at, received_at)
        read = _written
    else:
        milliseconds = whole(event.get("eventTimestamp"))
        at = at if milliseconds is None else milliseconds // 1000
        heard = Heard(event, word(event.get("originationPhoneNumber")), topic, at, received_at)
        read = _went
    try:
        return read(heard)
    except BROKEN:
        return heard.unknown("item", event)


def _written(heard: Heard) -> Told:
    item = heard.item
    said = Said(text(item.get("messageBody")))
    answers = word(item.get("previousPublishedMessageId"))
    return heard.message(item["inboundMessageId"], item.get("originationNumber"), said, answers)


def _went(heard: Heard) -> Told:
    """`isFinal` decides: an end that is none yet changes nothing, and an end with a new name is a failure."""
    item = heard.item
    name, is_final = word(item.get("eventType")), item.get("isFinal") is True
    status = _STATUS.get(name or "") or ("failed" if is_final and name != _NEVER_TOLD else None)
    if name is None or status is None or (status not in _ON_THE_WAY and not is_final):
        return heard.unknown("status" if name else "item", name or item)
    error = None if status in _ON_THE_WAY else name
    opaque, to = word(part(item, "context", "mid")), item.get("destinationPhoneNumber")
    return heard.status(item.get("messageId"), status, to, error=error, opaque=opaque)
