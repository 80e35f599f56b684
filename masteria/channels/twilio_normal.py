"""Everything a Twilio callback tells, as normalised events: statuses of our messages and what people write. Pure.

Written against Programmable Messaging's status callbacks and incoming-message requests. They come as a form; saved as a
JSON object they mean the same. They carry no time of their own: `RawDlrDoneDate` is the carrier's clock in no said zone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from masteria.channels.sms_told import Heard, Said, kind_of
from masteria.channels.told import BROKEN, Told
from masteria.channels.values import first, load, text, whole, word

MOST_FIELDS, MOST_MEDIA = 500, 10
REPLIED_STOP = 21610
_STATUS = {
    **dict.fromkeys(("accepted", "scheduled", "queued", "sending"), "queued"),
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    **dict.fromkeys(("undelivered", "failed", "canceled"), "failed"),
}
_INBOUND = ("receiving", "received")
_WISH = {"STOP": "stop", "START": "resume"}


def fields_of(raw: bytes) -> dict[str, Any] | None:
    """The fields of a callback, a form or a JSON object; None when it is neither. Of a name that repeats, the first."""
    found = load(raw)
    if found is not None:
        return found
    if b"=" not in raw or raw.lstrip()[:1] in (b"{", b"["):
        return None
    try:
        pairs = parse_qsl(raw.decode("utf-8", "replace").strip(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        return None
    return dict(reversed(pairs))


def normalise(body: dict[str, Any], received_at: datetime) -> list[Told]:
    """What one callback tells: a status or a message, and the wish not to get any that comes with it."""
    external_id = first(*(word(body.get(name)) for name in ("MessageSid", "SmsSid", "SmsMessageSid")))
    status = (word(first(body.get("MessageStatus"), body.get("SmsStatus"))) or "").lower()
    is_inbound = status in _INBOUND or (not status and "Body" in body)
    ours = word(body.get("To")) if is_inbound else first(word(body.get("From")), word(body.get("MessagingServiceSid")))
    heard = Heard(body, ours, word(body.get("AccountSid")), None, received_at)
    if external_id is None or not (status or is_inbound):
        return [heard.unknown("item", body)]
    try:
        return list(_written(heard, external_id) if is_inbound else _went(heard, external_id, status))
    except BROKEN:
        return [heard.unknown("item", body)]


def _written(heard: Heard, external_id: str) -> Iterator[Told]:
    item = heard.item
    media, body = _media(item), text(item.get("Body"))
    kind = kind_of(media["mime_type"]) if media else "text"
    yield heard.message(external_id, item.get("From"), Said(body, kind, media, word(item.get("ProfileName"))))
    wish = _WISH.get((word(item.get("OptOutType")) or "").upper())
    if wish:
        yield heard.preference(item.get("From"), wish, "user_preferences")


def _media(item: dict[str, Any]) -> dict[str, Any] | None:
    """The first file of a message; of more, the addresses of the others."""
    count = min(whole(item.get("NumMedia")) or 0, MOST_MEDIA)
    addresses = [word(item.get(f"MediaUrl{n}")) for n in range(count)]
    if not any(addresses):
        return None
    found = {"id": None, "mime_type": word(item.get("MediaContentType0")), "url": addresses[0]}
    return {**found, "more": addresses[1:]} if addresses[1:] else found


def _went(heard: Heard, external_id: str, status: str) -> Iterator[Told]:
    item = heard.item
    if status not in _STATUS:
        yield heard.unknown("status", status)
        return
    code = word(item.get("ErrorCode"))
    yield heard.status(external_id, _STATUS[status], item.get("To"), error=code)
    if whole(code) == REPLIED_STOP:
        yield heard.preference(item.get("To"), "stop", "error")
