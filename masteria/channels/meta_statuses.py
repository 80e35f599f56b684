"""What becomes of our messages and calls, of Meta's webhooks: statuses, clicks, calls, errors. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from masteria.channels.told import Change, Item, Told, part
from masteria.channels.values import as_dict, as_list, digits, first, user_id, wamid, whole, word

STATUSES = frozenset({"sent", "delivered", "read", "played", "failed", "deleted"})
STOPPED_MARKETING = 131050
DECLINED_HISTORY = 2593109
_PARTICIPANTS = ("recipient_participant_id", "participant_recipient_id", "recipient_participant_user_id")


def status(change: Change, item: Item) -> list[Told]:
    """One of `statuses`: of a message, or of a call."""
    if item.get("type") == "call" or change.field == "calls" or str(item.get("id", "")).startswith("wacid."):
        return [_call_status(change, item)]
    found = word(item.get("status"))
    if found not in STATUSES:
        return [change.unknown("status", found)]
    codes = [whole(e.get("code")) for e in as_list(item.get("errors")) if isinstance(e, dict)]
    pricing = as_dict(item.get("pricing"))
    fields = {
        "wamid": wamid(item.get("id")),
        "status": found,
        "timestamp": change.time_of(item),
        "recipient_id": word(item.get("recipient_id")),
        "user_id": user_id(item.get("recipient_user_id")),
        "participant": word(first(*(item.get(name) for name in _PARTICIPANTS))),
        "error_code": first(*codes),
        "pricing_category": word(pricing.get("category")),
        "pricing_type": word(pricing.get("type")),
        "opaque": word(item.get("biz_opaque_callback_data")),
    }
    told = change.told("status", fields, item, item.get("timestamp"))
    return [told, _stopped(change, told)] if found == "failed" and STOPPED_MARKETING in codes else [told]


def _stopped(change: Change, refused: Told) -> Told:
    """Meta refused a message because the person had stopped marketing: as good as their word."""
    fields = {
        "user_id": refused.fields["user_id"],
        "wa_id": digits(refused.fields["recipient_id"]),
        "value": "stop",
        "source": "error",
    }
    return change.told("marketing_preference", fields, refused.item, refused.item.get("timestamp"))


def _call_status(change: Change, item: Item) -> Told:
    fields = call_fields(
        call_id=wamid(item.get("id")),
        status=_upper(item.get("status")),
        direction=word(item.get("direction")),
        receiver=digits(item.get("recipient_id")),
    )
    return change.told("call_status", fields, item, item.get("timestamp"))


def calls(change: Change) -> Iterator[Told]:
    """The field `calls`: calls, and the steps of ours."""
    yield from change.each("calls", _call)
    yield from change.each("statuses", status)
    yield from errors(change)


def _call(change: Change, item: Item) -> list[Told]:
    fields = call_fields(
        call_id=wamid(item.get("id")),
        event=word(item.get("event")),
        status=_upper(item.get("status")),
        direction=word(item.get("direction")),
        sender=digits(item.get("from")),
        receiver=digits(item.get("to")),
        duration=whole(item.get("duration")),
    )
    return [change.told("call", fields, item, item.get("timestamp"))]


def call_fields(
    call_id: str | None = None,
    event: str | None = None,
    status: str | None = None,
    direction: str | None = None,
    sender: str | None = None,
    receiver: str | None = None,
    duration: int | None = None,
) -> dict[str, Any]:
    """A call, a step of one or the permission for one, as shown outside."""
    return {
        "call_id": call_id,
        "event": event,
        "status": status,
        "direction": direction,
        "from": sender,
        "to": receiver,
        "duration": duration,
    }


def errors(change: Change) -> Iterator[Told]:
    """Errors of the whole value, tied to no message."""
    yield from change.each("errors", _error)


def _error(change: Change, item: Item) -> list[Told]:
    code = whole(item.get("code"))
    if change.field == "history" and code == DECLINED_HISTORY:
        return [change.told("history_declined", {"phone_number_id": change.number, "code": code}, item)]
    return [change.told("error", {"code": code}, item)]


def action(change: Change, item: Item) -> list[Told]:
    """One of `user_actions`: a link of a marketing message was followed."""
    if item.get("action_type") != "marketing_messages_link_click":
        return [change.unknown("item", item)]
    data = as_dict(item.get("marketing_messages_link_click_data"))
    alone = change.people[0] if len(change.people) == 1 else {}
    ids = (item.get("wamid"), item.get("message_id"), item.get("id"), part(item, "context", "id"))
    fields = {
        "wamid": word(first(*ids)),
        "from": digits(first(item.get("from"), item.get("wa_id"), alone.get("wa_id"))),
        "click_id": word(data.get("click_id")),
        "component": (word(data.get("click_component")) or "").lower() or None,
    }
    return [change.told("link_click", fields, item, item.get("timestamp"))]


def _upper(value: Any) -> str | None:
    found = word(value)
    return found.upper() if found else None
