"""A number that also lives in the WhatsApp Business app: echoes, history, its contacts. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from masteria.channels.meta_people import message_fields, messages
from masteria.channels.meta_statuses import errors
from masteria.channels.told import Change, Item, Told, items, part
from masteria.channels.values import as_dict, digits, first, seconds, user_id, whole, word


def echoes(change: Change) -> Iterator[Told]:
    """The field `smb_message_echoes`: what the company wrote on its own phone."""
    yield from change.each("message_echoes", _echo)
    yield from messages(change)


def _echo(change: Change, item: Item) -> list[Told]:
    fields = {**message_fields(change, item), **_ours(change, item)}
    return [change.told("echo", fields, item, item.get("timestamp"))]


def _ours(change: Change, item: Item) -> dict[str, Any]:
    """To whom it went; of an edit or revoke, which message it is about."""
    kind = str(item.get("type"))
    about = word(part(item, kind, "original_message_id")) if kind in ("edit", "revoke") else None
    person = change.person_of(item.get("to"), user_id(item.get("to_user_id")))
    told_id = first(user_id(item.get("to_user_id")), user_id(person.get("user_id")))
    return {
        "to": digits(item.get("to")),
        "user_id": told_id,
        "profile_name": word(part(person, "profile", "name")),
        "original": about,
    }


def history(change: Change) -> Iterator[Told]:
    """The field `history`: chunks of old conversations, how far they are, or that the user declined."""
    yield from change.each("history", _chunk)
    yield from change.each("messages", _old)
    yield from errors(change)


def _chunk(change: Change, item: Item) -> list[Told]:
    about = as_dict(item.get("metadata"))
    names = ("phase", "chunk_order", "progress")
    found: list[Told] = []
    if about:
        fields = {"phone_number_id": change.number, **{name: whole(about.get(name)) for name in names}}
        found.append(change.told("history_progress", fields, about))
    for thread in items(item.get("threads")):
        if not isinstance(thread, dict):
            found.append(change.unknown("item", thread))
            continue
        inner = _inside(change, thread)
        found += inner.each("messages", _old)
    return [*found, *errors(_inside(change, {"errors": item.get("errors")}))]


def _inside(change: Change, value: Item) -> Change:
    people = [p for p in (as_dict(value.get("context")),) if p]
    return Change(change.field, value, change.number, change.account, change.received_at, change.people + people)


def _old(change: Change, item: Item) -> list[Told]:
    fields = {
        **message_fields(change, item),
        "to": digits(item.get("to")),
        "thread": word(change.value.get("id")),
        "status": word(part(item, "history_context", "status")),
    }
    return [change.told("history_message", fields, item, item.get("timestamp"))]


def contact_sync(change: Change) -> Iterator[Told]:
    """The field `smb_app_state_sync`: the contacts of the company's own phone."""
    yield from change.each("state_sync", _synced)


def _synced(change: Change, item: Item) -> list[Told]:
    if item.get("type", "contact") != "contact":
        return [change.unknown("item", item)]
    found = as_dict(item.get("contact"))
    at = part(item, "metadata", "timestamp")
    fields = {
        "phone_number_id": change.number,
        "action": word(item.get("action")),
        "wa_id": digits(found.get("phone_number")),
        "user_id": user_id(found.get("user_id")),
        "full_name": word(found.get("full_name")),
        "first_name": word(found.get("first_name")),
        "timestamp": first(seconds(at), int(change.received_at.timestamp())),
    }
    return [change.told("contact_sync", fields, item, at)]
