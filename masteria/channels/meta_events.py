"""What the normalised events of a Meta webhook ask of us: plain values for the actions. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from masteria.channels.base import AccountTold, Clicked, Inbound, Moved, Preference, Receipt, TemplateTold
from masteria.channels.meta_content import content_of
from masteria.channels.told import Told
from masteria.channels.values import as_dict, digits, first, user_id, word
from masteria.kit.storable import storable

Event = Inbound | Moved | Receipt | Preference | TemplateTold | AccountTold | Clicked
_SILENT = frozenset({"system", "reaction", "edit", "revoke"})  # these do not open the 24 hours


def events_of(told: Told) -> tuple[Event, ...]:
    """None for what is only kept; a change of number is also a line in its conversation."""
    reader = _READERS.get(told.kind)
    return reader(told) if reader else ()


def _message(told: Told) -> tuple[Event, ...]:
    item, own = storable(told.item), told.fields if told.kind == "message" else {}
    sender, told_id = digits(item.get("from")), first(user_id(item.get("from_user_id")), own.get("user_id"))
    if sender is None and told_id is None:
        return ()  # from nobody: there is no conversation to put it into
    kind = (word(item.get("type")) or "unknown")[:32]
    text, payload = content_of(kind, item)
    name = own.get("profile_name") or ""
    opens = kind not in _SILENT
    return (Inbound(_id(told, item), sender, told_id, name, told.at, kind, text, payload, opens_window=opens),)


def _echo(told: Told) -> tuple[Event, ...]:
    item, fields = storable(told.item), told.fields
    if fields["to"] is None and fields["user_id"] is None:
        return ()
    text, payload = content_of(fields["msg_type"], item)
    name = fields["profile_name"] or ""
    who = (fields["to"], fields["user_id"], name, told.at, fields["msg_type"])
    return (Inbound(fields["wamid"], *who, text, payload, opens_window=False, is_echo=True),)


def _moved(told: Told) -> tuple[Event, ...]:
    if (
        "from_user_id" not in told.item and "system" not in told.item
    ):  # the field `user_id_update`: no message comes with it
        return _follow(told)
    has_id = bool(word(told.item.get("id")))
    return (*(_message(told) if has_id else ()), *_follow(told))


def _follow(told: Told) -> tuple[Event, ...]:
    found, own_id = told.fields, user_id(told.item.get("from_user_id"))
    if found["change"] == "number":
        new_id = user_id(as_dict(told.item.get("system")).get("user_id"))
        return (Moved(found["from"], own_id, found["new_wa_id"], new_id, told.at),)
    if found["change"] == "user_id":
        return (Moved(found["from"], found["previous_user_id"], None, found["user_id"], told.at),)
    return ()


def _receipt(told: Told) -> tuple[Event, ...]:
    found = told.fields
    if found["status"] == "deleted":
        return ()
    code = found["error_code"]
    return (Receipt(found["wamid"], found["opaque"], found["status"], told.at, None if code is None else str(code)),)


def _preference(told: Told) -> tuple[Event, ...]:
    found = told.fields
    if found["source"] == "error":  # whose message was refused is known better by the message itself
        item = as_dict(told.item)
        opaque = word(item.get("biz_opaque_callback_data"))
        refused = Receipt(str(item.get("id")), opaque, "failed", told.at, STOPPED)
        return (Preference(found["wa_id"], found["user_id"], "stop", told.at, refused),)
    if found["wa_id"] is None and found["user_id"] is None:
        return ()
    return (Preference(found["wa_id"], found["user_id"], found["value"], told.at),)


def _click(told: Told) -> tuple[Event, ...]:
    found = told.fields
    return (Clicked(found["from"], found["wamid"], found["component"], told.at),)


def _template(change: str) -> Callable[[Told], tuple[Event, ...]]:
    def read(told: Told) -> tuple[Event, ...]:
        found = told.fields
        if not found["template_id"]:
            return ()
        value = _TEMPLATE_STATUS.get(found["event"]) if change == "status" else found["new_value"]
        name = "category_soon" if found["event"] == "impending" else change
        return (TemplateTold(found["template_id"], name, value, _why(told), told.account),)

    return read


def _why(told: Told) -> str | None:
    """Meta's word for it, and what it says beside that."""
    more = as_dict(told.item.get("rejection_info")).get("reason") or as_dict(told.item.get("other_info")).get("title")
    found = [word(part) for part in (told.fields["reason"], more)]
    return ": ".join(part for part in found if part and part != "NONE")[:500] or None


def _account(told: Told) -> tuple[Event, ...]:
    found = told.fields
    shown = digits(told.item.get("display_phone_number"))
    said = [word(found["event"]), word(found["decision"])]
    if told.kind == "account_update":
        said.append(word(as_dict(told.item.get("ban_info")).get("waba_ban_state")))
    if told.kind == "account_alert":
        about = as_dict(told.item.get("alert_info")) or told.item
        said.append(word(about.get("alert_severity")))
    account, text = told.account, ":".join(part for part in said if part)
    return (AccountTold(told.kind, account, shown, text[:120], as_dict(found["limits"])),)


def _id(told: Told, item: dict[str, Any]) -> str:
    return told.fields.get("wamid") or str(item["id"])


STOPPED = "131050"
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
_ACCOUNT = (
    "phone_quality",
    "phone_name",
    "capability",
    "account_update",
    "account_alert",
    "account_review",
    "security",
    "account_settings",
)
_READERS: dict[str, Callable[[Told], tuple[Event, ...]]] = {
    **dict.fromkeys(("message", "reaction", "message_edited", "message_revoked", "call_permission"), _message),
    "echo": _echo,
    "contact_changed": _moved,
    "status": _receipt,
    "marketing_preference": _preference,
    "link_click": _click,
    "template_status": _template("status"),
    "template_quality": _template("quality"),
    "template_category": _template("category"),
    "template_components": _template("components"),
    **dict.fromkeys(_ACCOUNT, _account),
}
