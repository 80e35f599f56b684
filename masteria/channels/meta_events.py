"""Everything a Meta webhook tells, as plain events. Pure.

Written against Meta's webhook reference (fields and shapes of 2026): all entries, changes and items are read, numbers
may be text, any list may be missing; what is not understood becomes an `Unknown` and loses no neighbour.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from masteria.channels.base import Inbound, Moved, Preference, Receipt
from masteria.channels.meta_content import content_of
from masteria.channels.meta_inbound import as_dict, as_list, changes, number_of

MOST_ID = 128  # characters of a message id that are kept; a longer one is none of Meta's
_SILENT = frozenset({"system", "reaction", "edit", "revoke"})  # these do not open the 24 hours
_PHONE = re.compile(r"\d{5,15}")
_BROKEN = (KeyError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True, slots=True)
class TemplateChanged:
    """Meta approved, rejected, paused or disabled a template; `status` as in our own table."""

    external_id: str
    status: str


@dataclass(frozen=True, slots=True)
class QualityChanged:
    """Meta thinks better or worse of a number, which is named by the digits it shows."""

    shown_number: str
    quality: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something not understood: kept raw, named in the diagnostics."""

    what: str
    value: str


Event = Inbound | Moved | Receipt | Preference | TemplateChanged | QualityChanged | Unknown


@dataclass(frozen=True, slots=True)
class Arrived:
    """An event, when it happened, and for which phone number id (None: for the whole account)."""

    number: str | None
    at: datetime
    event: Event


def parse(body: dict[str, Any], received_at: datetime) -> list[Arrived]:
    """Everything that happened, in the order of the body."""
    found: list[Arrived] = []
    for _, change in changes(body):
        number = number_of(change)
        found += [Arrived(number, getattr(e, "at", received_at), e) for e in _events(change, received_at)]
    return found


def _events(change: dict[str, Any], received_at: datetime) -> Iterable[Event]:
    name, value = str(change.get("field", "")), as_dict(change.get("value"))
    reader = _READERS.get(name)
    if reader is None or "new_quality_score" in value:  # a template's quality comes under the status' name as well
        return [Unknown("field", name[:64])]
    return reader(value, received_at)


def _messages(value: dict[str, Any], received_at: datetime) -> Iterator[Event]:
    people = [as_dict(c) for c in as_list(value.get("contacts"))]
    for item in map(as_dict, as_list(value.get("messages"))):
        message = _read("message", lambda item=item: _message(item, people, received_at))
        yield message
        if isinstance(message, Inbound) and message.kind == "system":
            yield from _moved(message)
    for item in map(as_dict, as_list(value.get("statuses"))):
        yield _read("status", lambda item=item: _receipt(item, received_at))
    for item in map(as_dict, as_list(value.get("errors"))):
        yield Unknown("error", str(item.get("code", ""))[:64])
    for item in map(as_dict, as_list(value.get("user_actions"))):
        yield Unknown("item", str(item.get("action_type", ""))[:64])


def _read(what: str, reader: Callable[[], Event]) -> Event:
    try:
        return reader()
    except _BROKEN:
        return Unknown("item", what)


def _message(item: dict[str, Any], people: list[dict[str, Any]], received_at: datetime) -> Event:
    sender, user_id = _digits(item.get("from")), _user_id(item.get("from_user_id"))
    kind = str(item.get("type") or "unknown")[:32]
    text, payload = content_of(kind, item)
    if sender is None and user_id is None:
        return Unknown("item", "message without a sender")
    return Inbound(
        _id(item["id"]),
        sender,
        user_id,
        _name(people, item.get("from"), user_id),
        _time(item.get("timestamp"), received_at),
        kind,
        text,
        payload,
        opens_window=kind not in _SILENT,
    )


def _name(people: list[dict[str, Any]], sender: Any, user_id: str | None) -> str:
    """By id, never by position: one change may bring messages of several people."""
    for key, wanted in (("user_id", user_id), ("wa_id", sender)):
        for person in people:
            if wanted and person.get(key) == wanted:
                return str(as_dict(person.get("profile")).get("name") or "")
    return ""


def _moved(message: Inbound) -> Iterator[Moved]:
    told = message.payload
    if told.get("type") in ("user_changed_number", "customer_changed_number"):
        new = _digits(told.get("wa_id") or told.get("new_wa_id"))
        yield Moved(message.sender, message.user_id, new, _user_id(told.get("user_id")), message.at)
    elif told.get("type") == "user_changed_user_id":
        before, after = _user_id(told.get("previous_user_id")), _user_id(told.get("user_id"))
        yield Moved(message.sender, before, None, after, message.at)


def _receipt(item: dict[str, Any], received_at: datetime) -> Event:
    errors = [as_dict(e) for e in as_list(item.get("errors"))]
    code = errors[0].get("code") if errors else None
    opaque = item.get("biz_opaque_callback_data")
    status = str(item.get("status") or "")
    if status not in ("sent", "delivered", "read", "played", "failed"):
        return Unknown("status", status[:64])
    return Receipt(
        _id(item["id"]),
        str(opaque) if opaque else None,
        status,
        _time(item.get("timestamp"), received_at),
        str(code)[:64] if code is not None else None,
    )


def _preferences(value: dict[str, Any], received_at: datetime) -> Iterator[Event]:
    for item in map(as_dict, as_list(value.get("user_preferences"))):
        sender, user_id = _digits(item.get("wa_id")), _user_id(item.get("user_id"))
        known = item.get("category") == "marketing_messages" and item.get("value") in ("stop", "resume")
        if known and (sender or user_id):
            yield Preference(sender, user_id, str(item["value"]), _time(item.get("timestamp"), received_at))
        else:
            yield Unknown("item", "preference")


def _user_ids(value: dict[str, Any], received_at: datetime) -> Iterator[Event]:
    for item in map(as_dict, as_list(value.get("user_id_update"))):
        ids, at = as_dict(item.get("user_id")), _time(item.get("timestamp"), received_at)
        before, after = _user_id(ids.get("previous")), _user_id(ids.get("current"))
        yield Moved(_digits(item.get("wa_id")), before, None, after, at)


def _template_status(value: dict[str, Any], received_at: datetime) -> Iterator[Event]:
    status = _TEMPLATE_STATUS.get(str(value.get("event", "")))
    if status:
        yield TemplateChanged(str(value.get("message_template_id", ""))[:64], status)
    else:
        yield Unknown("template", str(value.get("event", ""))[:64])


def _quality(value: dict[str, Any], received_at: datetime) -> Iterator[Event]:
    quality = _QUALITY.get(str(value.get("event", "")))
    if quality:
        yield QualityChanged(_digits(value.get("display_phone_number")) or "", quality)
    else:
        yield Unknown("quality", str(value.get("event", ""))[:64])


_READERS: dict[str, Callable[[dict[str, Any], datetime], Iterable[Event]]] = {
    "messages": _messages,
    "user_preferences": _preferences,
    "user_id_update": _user_ids,
    "message_template_status_update": _template_status,
    "phone_number_quality_update": _quality,
}
# FLAGGED, IN_APPEAL and the like leave a template as sendable as it was
_TEMPLATE_STATUS = {
    "APPROVED": "approved",
    "REINSTATED": "approved",
    "UNARCHIVED": "approved",
    "PENDING": "pending",
    "REJECTED": "rejected",
    "PAUSED": "paused",
    "DISABLED": "disabled",
    "LOCKED": "disabled",
    "ARCHIVED": "disabled",
    "DELETED": "disabled",
    "PENDING_DELETION": "disabled",
}
_QUALITY = {"FLAGGED": "RED", "DOWNGRADE": "YELLOW", "UNFLAGGED": "GREEN", "UPGRADE": "GREEN"}


def _id(value: Any) -> str:
    found = str(value) if isinstance(value, str | int) else ""
    if not 0 < len(found) <= MOST_ID:
        raise ValueError("not an id")
    return found


def _time(value: Any, received_at: datetime) -> datetime:
    """Epoch seconds as text or number; a time that cannot be is the time of receipt."""
    try:
        found = datetime.fromtimestamp(int(value), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return received_at
    return min(found, received_at) if found.year >= 2015 else received_at


def _digits(value: Any) -> str | None:
    found = re.sub(r"\D", "", str(value or "")[:40])
    return found if _PHONE.fullmatch(found) else None


def _user_id(value: Any) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= 160 else None
