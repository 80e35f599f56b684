"""What people write and wish, of Meta's webhooks. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from masteria.channels.meta_content import MEDIA
from masteria.channels.meta_statuses import action, call_fields, errors, status
from masteria.channels.told import Change, Item, Told, part
from masteria.channels.values import as_dict, digits, first, text, user_id, wamid, word
from masteria.kit.storable import storable

_KNOWN = frozenset({"text", *MEDIA, "location", "contacts", "button", "interactive", "order"})
_BARE = frozenset({"request_welcome", "media_placeholder"})  # known, and nothing comes with them
_CHANGES = {
    "user_changed_number": "number",
    "customer_changed_number": "number",
    "user_changed_user_id": "user_id",
    "customer_identity_changed": "identity",
}


def messages(change: Change) -> Iterator[Told]:
    """The field `messages`, and every other one with the same lists."""
    yield from change.each("messages", _message)
    yield from change.each("statuses", status)
    yield from errors(change)
    yield from change.each("user_actions", action)


def _message(change: Change, item: Item) -> list[Told]:
    reader = _SPECIAL.get(str(item.get("type")), _plain)
    return reader(change, item)


def _plain(change: Change, item: Item) -> list[Told]:
    return [change.told("message", message_fields(change, item), item, item.get("timestamp"))]


def message_fields(change: Change, item: Item) -> dict[str, Any]:
    """A message as it is shown outside."""
    kind = (word(item.get("type")) or "unknown")[:32]
    told_id = user_id(item.get("from_user_id"))
    person = change.person_of(item.get("from"), told_id)
    found = as_dict(item.get(kind))
    return {
        "wamid": wamid(item.get("id")),
        "phone_number_id": change.number,
        "from": digits(item.get("from")),
        "user_id": told_id or user_id(person.get("user_id")),
        "profile_name": word(part(person, "profile", "name")),
        "timestamp": change.time_of(item),
        "msg_type": kind,
        "text": text_of(kind, item),
        "context_id": word(part(item, "context", "id")),
        "group_id": word(item.get("group_id")),
        "media": {"id": None, "mime_type": None, **storable(found)} if kind in MEDIA and found else None,
        "reply": reply_of(kind, item),
        "referral": storable(item["referral"]) if as_dict(item.get("referral")) else None,
        "supported": kind in _KNOWN or kind in _BARE,
        "incomplete": is_incomplete(kind, item),
    }


def text_of(kind: str, item: Item) -> str | None:
    """What the person wrote: the text, a caption, the title of the answer that was chosen."""
    found = as_dict(item.get(kind))
    if kind == "interactive":
        reply = as_dict(found.get(str(found.get("type"))))
        return first(text(reply.get("title")), text(reply.get("body")), text(reply.get("response")))
    return first(*(text(found.get(name)) for name in _TEXTS.get(kind, ())))


def reply_of(kind: str, item: Item) -> dict[str, Any] | None:
    """The button, row or form that the person answered with."""
    found = as_dict(item.get(kind))
    if kind == "button" and found:
        return {"type": "button", "id": text(found.get("payload")), "title": text(found.get("text"))}
    if kind != "interactive" or not found:
        return None
    name = word(found.get("type"))
    reply = as_dict(found.get(name or ""))
    return {
        "type": name,
        "id": text(reply.get("id")),
        "title": first(text(reply.get("title")), text(reply.get("body"))),
    }


def is_incomplete(kind: str, item: Item) -> bool:
    """Whether the part that makes the message is missing: nothing to read, nothing to fetch."""
    found = item.get(kind)
    if kind not in _KNOWN:
        return False
    if not isinstance(found, list if kind == "contacts" else dict) or not found:
        return True
    if kind == "interactive":
        return not as_dict(as_dict(found).get(str(as_dict(found).get("type"))))
    leaf = {"text": "body", **dict.fromkeys(MEDIA, "id")}.get(kind)
    return leaf is not None and text(as_dict(found).get(leaf)) is None


def _interactive(change: Change, item: Item) -> list[Told]:
    if part(item, "interactive", "type") != "call_permission_reply":
        return _plain(change, item)
    answer = as_dict(part(item, "interactive", "call_permission_reply"))
    wamid(item.get("id"))
    fields = call_fields(status=word(answer.get("response")), sender=digits(item.get("from")))
    return [change.told("call_permission", fields, item, item.get("timestamp"))]


def _reaction(change: Change, item: Item) -> list[Told]:
    found = as_dict(item.get("reaction"))
    fields = {
        "wamid": wamid(item.get("id")),
        "from": digits(item.get("from")),
        "target": word(found.get("message_id")),
        "emoji": word(found.get("emoji")),
    }
    return [change.told("reaction", fields, item, item.get("timestamp"))]


def _edit(change: Change, item: Item) -> list[Told]:
    found = as_dict(item.get("edit"))
    message = as_dict(found.get("message"))
    kind = word(message.get("type"))
    fields = {
        "wamid": wamid(item.get("id")),
        "original": word(found.get("original_message_id")),
        "msg_type": kind,
        "text": text_of(kind, message) if kind else None,
    }
    return [change.told("message_edited", fields, item, item.get("timestamp"))]


def _revoke(change: Change, item: Item) -> list[Told]:
    original = word(part(item, "revoke", "original_message_id"))
    fields = {"wamid": wamid(item.get("id")), "original": original}
    return [change.told("message_revoked", fields, item, item.get("timestamp"))]


def _system(change: Change, item: Item) -> list[Told]:
    found = as_dict(item.get("system"))
    kind = _CHANGES.get(str(found.get("type"))) or _guessed(found)
    if kind is None:
        return [change.unknown("item", item)]
    own_id = user_id(item.get("from_user_id"))
    fields = {
        "change": kind,
        "from": first(digits(item.get("from")), digits(found.get("customer"))),
        "new_wa_id": digits(first(found.get("wa_id"), found.get("new_wa_id"))) if kind == "number" else None,
        "user_id": first(user_id(found.get("user_id")), own_id),
        "previous_user_id": user_id(found.get("previous_user_id")),
    }
    return [change.told("contact_changed", fields, item, item.get("timestamp"))]


def _guessed(found: Item) -> str | None:
    """Older versions leave the type of a system message out."""
    if found.get("type"):
        return None
    if found.get("wa_id") or found.get("new_wa_id"):
        return "number"
    return "user_id" if found.get("previous_user_id") else None


def preferences(change: Change) -> Iterator[Told]:
    """The field `user_preferences`: marketing messages stopped or wanted again."""
    yield from change.each("user_preferences", _preference)
    yield from errors(change)


def _preference(change: Change, item: Item) -> list[Told]:
    value = (word(item.get("value")) or "").lower()
    if item.get("category", "marketing_messages") != "marketing_messages" or value not in ("stop", "resume"):
        return [change.unknown("item", item)]
    person = change.person_of(item.get("wa_id"), user_id(item.get("user_id")))
    fields = {
        "user_id": first(user_id(item.get("user_id")), user_id(person.get("user_id"))),
        "wa_id": first(digits(item.get("wa_id")), digits(person.get("wa_id"))),
        "value": value,
        "source": "user_preferences",
    }
    return [change.told("marketing_preference", fields, item, item.get("timestamp"))]


def user_ids(change: Change) -> Iterator[Told]:
    """The field `user_id_update`: people whose id is another one now."""
    yield from change.each("user_id_update", _user_id_update)


def _user_id_update(change: Change, item: Item) -> list[Told]:
    ids = as_dict(item.get("user_id"))
    fields = {
        "change": "user_id",
        "from": digits(item.get("wa_id")),
        "new_wa_id": None,
        "user_id": user_id(ids.get("current")),
        "previous_user_id": user_id(ids.get("previous")),
    }
    return [change.told("contact_changed", fields, item, item.get("timestamp"))]


_TEXTS: dict[str, tuple[str, ...]] = {
    "text": ("body",),
    "button": ("text",),
    "order": ("text",),
    **dict.fromkeys(MEDIA, ("caption",)),
}
_SPECIAL: dict[str, Callable[[Change, Item], list[Told]]] = {
    "interactive": _interactive,
    "reaction": _reaction,
    "edit": _edit,
    "revoke": _revoke,
    "system": _system,
}
