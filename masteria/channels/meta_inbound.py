"""Meta's webhooks, incoming: signature over the raw bytes, then everything in the body as plain events. Pure.

Written against Meta's webhook reference (fields and shapes of 2026): all entries, changes and items are read, any list
may be absent or null, numbers may be text; what is not understood becomes an `Unknown` and is kept.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from masteria.channels.base import Receipt
from masteria.channels.meta_content import content_of

_SIGNATURE = re.compile(r"sha256=[0-9a-f]{64}")
MAX_DEPTH = 40


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A message from a person. `sender` are digits (may be missing), `user_id` Meta's business-scoped id."""

    external_id: str
    sender: str | None
    user_id: str | None
    name: str
    at: datetime
    kind: str
    text: str
    payload: dict[str, Any] = field(default_factory=dict)
    opens_window: bool = True


@dataclass(frozen=True, slots=True)
class Preference:
    """A person stopped or resumed marketing messages."""

    sender: str | None
    user_id: str | None
    value: str


@dataclass(frozen=True, slots=True)
class TemplateStatusChanged:
    external_id: str
    status: str


@dataclass(frozen=True, slots=True)
class QualityChanged:
    event: str


@dataclass(frozen=True, slots=True)
class Unknown:
    what: str
    value: str


Event = InboundMessage | Receipt | Preference | TemplateStatusChanged | QualityChanged | Unknown


def signature_is_right(raw: bytes, header: str | None, secrets: list[str]) -> bool:
    """`X-Hub-Signature-256` over the bytes as they came; several secrets while one is being changed."""
    if not header or not _SIGNATURE.fullmatch(header):
        return False
    given, right = bytes.fromhex(header[7:]), False
    for secret in secrets:
        right |= hmac.compare_digest(hmac.new(secret.encode(), raw, hashlib.sha256).digest(), given)
    return right


def decode(raw: bytes) -> dict[str, Any] | None:
    """The body as an object, cleaned of what PostgreSQL cannot keep; None when it is no JSON object."""
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return _clean(found) if isinstance(found, dict) else None


def numbers_of(body: dict[str, Any]) -> list[str]:
    """The phone number ids a body speaks of."""
    found = [_dict(value.get("metadata")).get("phone_number_id") for _, _, value in _changes(body)]
    return list(dict.fromkeys(str(n) for n in found if n))


def accounts_of(body: dict[str, Any]) -> list[str]:
    """The WhatsApp Business Account ids a body speaks of."""
    return list(dict.fromkeys(str(e["id"]) for e in _list(body.get("entry")) if isinstance(e, dict) and e.get("id")))


def parse(body: dict[str, Any], received_at: datetime) -> list[Event]:
    """Everything that happened, in the order of the body. One bad item does not lose its neighbours."""
    events: list[Event] = []
    for name, _, value in _changes(body):
        reader = _READERS.get(name)
        if "new_quality_score" in value or reader is None:
            events.append(Unknown("field", name))
            continue
        events += reader(value, received_at)
    return events


def _messages(value: dict[str, Any], received_at: datetime) -> Iterator[Event]:
    people = [_dict(c) for c in _list(value.get("contacts"))]
    for item in _list(value.get("messages")):
        try:
            yield _message(_dict(item), people, received_at)
        except (KeyError, TypeError, ValueError, AttributeError):
            yield Unknown("item", "message")
    for item in _list(value.get("statuses")):
        try:
            yield _receipt(_dict(item), received_at)
        except (KeyError, TypeError, ValueError, AttributeError):
            yield Unknown("item", "status")
    for item in _list(value.get("errors")):
        yield Unknown("error", str(_dict(item).get("code", "")))


def _message(item: dict[str, Any], people: list[dict[str, Any]], received_at: datetime) -> InboundMessage:
    sender, user_id, kind = item.get("from"), item.get("from_user_id"), str(item.get("type") or "unknown")
    text, payload = content_of(kind, item)
    return InboundMessage(
        str(item["id"]),
        _digits(sender),
        str(user_id) if user_id else None,
        _name(people, sender, user_id),
        _time(item.get("timestamp"), received_at),
        kind,
        text,
        payload,
        opens_window=kind not in ("system", "reaction", "edit", "revoke"),
    )


def _name(people: list[dict[str, Any]], sender: Any, user_id: Any) -> str:
    for person in people:
        if (user_id and person.get("user_id") == user_id) or (sender and person.get("wa_id") == sender):
            return str(_dict(person.get("profile")).get("name") or "")
    return ""


def _receipt(item: dict[str, Any], received_at: datetime) -> Receipt:
    errors = [_dict(e) for e in _list(item.get("errors"))]
    opaque = item.get("biz_opaque_callback_data")
    return Receipt(
        str(item["id"]),
        str(opaque) if opaque else None,
        str(item.get("status") or ""),
        _time(item.get("timestamp"), received_at),
        str(errors[0]["code"]) if errors and errors[0].get("code") is not None else None,
    )


def _preferences(value: dict[str, Any], received_at: datetime) -> Iterator[Event]:
    for item in (_dict(i) for i in _list(value.get("user_preferences"))):
        if item.get("category") == "marketing_messages" and item.get("value") in ("stop", "resume"):
            yield Preference(_digits(item.get("wa_id")), item.get("user_id"), item["value"])


def _template_status(value: dict[str, Any], received_at: datetime) -> Iterator[Event]:
    yield TemplateStatusChanged(str(value.get("message_template_id", "")), str(value.get("event", "")).lower())


def _quality(value: dict[str, Any], received_at: datetime) -> Iterator[Event]:
    yield QualityChanged(str(value.get("event", "")))


_READERS = {
    "messages": _messages,
    "user_preferences": _preferences,
    "message_template_status_update": _template_status,
    "phone_number_quality_update": _quality,
}


def _changes(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    for entry in _list(body.get("entry")):
        for change in _list(_dict(entry).get("changes")):
            change = _dict(change)
            yield str(change.get("field", "")), _dict(entry), _dict(change.get("value"))


def _time(value: Any, received_at: datetime) -> datetime:
    """Epoch seconds as text or number; a time that cannot be is the time of receipt."""
    try:
        found = datetime.fromtimestamp(int(value), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return received_at
    return min(found, received_at) if found.year >= 2015 else received_at


def _digits(value: Any) -> str | None:
    found = re.sub(r"\D", "", str(value or ""))[:20]
    return found or None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _clean(value: Any, depth: int = 0) -> Any:
    """NUL and lone surrogates cannot be stored: without this one message would block its queue for ever."""
    if depth > MAX_DEPTH:
        return None
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()[:100_000]
    if isinstance(value, dict):
        return {_clean(str(k), depth + 1): _clean(v, depth + 1) for k, v in list(value.items())[:500]}
    if isinstance(value, list):
        return [_clean(v, depth + 1) for v in value[:2000]]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value
