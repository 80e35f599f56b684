"""Everything a Meta webhook tells, as normalised events: the one reading that drain, API, screen and command share. Pure.

Written against Meta's webhook reference (fields and shapes of 2026): all entries, changes and items are read, numbers
may be text, any list may be missing; what is not understood becomes `unknown` and loses no neighbour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from masteria.channels import meta_account, meta_coexistence, meta_people, meta_statuses
from masteria.channels.meta_inbound import account_of, number_of
from masteria.channels.told import BROKEN, Change, Told, items
from masteria.channels.values import as_dict, as_list, word
from masteria.kit.storable import storable

OBJECT = "whatsapp_business_account"
Reader = Callable[[Change], Iterator[Told]]


def normalise(body: Any, received_at: datetime) -> list[Told]:
    """Everything that happened, in the order of the body."""
    whole = Change("", as_dict(body), None, None, received_at, [])
    if not isinstance(body, dict) or body.get("object") not in (None, OBJECT):
        return [whole.unknown("object", as_dict(body).get("object"))]
    found: list[Told] = []
    for entry in items(body.get("entry")):
        for change in items(as_dict(entry).get("changes")):
            found += _changed(whole, as_dict(entry), change)
        if not isinstance(entry, dict):
            found.append(whole.unknown("item", entry))
    return found


def _changed(whole: Change, entry: dict[str, Any], change: Any) -> list[Told]:
    if not isinstance(change, dict):
        return [whole.unknown("item", change)]
    name, value = word(change.get("field")), change.get("value")
    reader = _READERS.get(name or "")
    if isinstance(value, list) and name in _LISTS:  # some show the list itself where others show an object around it
        value = {name: value}
    number, account = number_of(change), account_of(entry, change)
    told = Change(name or "", as_dict(value), number, account, whole.received_at, _people(value))
    if reader is None:
        return [told.unknown("field", name)]
    if not isinstance(value, dict):
        return [told.unknown("item", change)]
    try:
        return list(reader(told))
    except BROKEN:
        return [told.unknown("item", change)]


def _people(value: Any) -> list[dict[str, Any]]:
    return [as_dict(person) for person in as_list(as_dict(value).get("contacts"))]


def _groups(change: Change) -> Iterator[Told]:
    """What happens in groups: one event each, as it came."""
    groups = items(change.value.get("groups")) or [change.value]
    for group in groups:
        yield change.told(
            "group_event", {"field": change.field, "raw": storable(group)}, group, as_dict(group).get("timestamp")
        )


def _raw(kind: str) -> Reader:
    def read(change: Change) -> Iterator[Told]:
        fields = {"field": change.field, "raw": storable(change.value)}
        yield change.told(kind, fields, change.value, change.value.get("timestamp"))

    return read


_LISTS = frozenset({"user_id_update", "user_preferences"})
_TEMPLATES = (
    "message_template_status_update",
    "message_template_quality_update",
    "message_template_components_update",
    "template_category_update",
    "template_correct_category_detection",
)
_GROUPS = ("group_lifecycle_update", "group_participants_update", "group_settings_update", "group_status_update")
_READERS: dict[str, Reader] = {
    "messages": meta_people.messages,
    "user_preferences": meta_people.preferences,
    "user_id_update": meta_people.user_ids,
    "calls": meta_statuses.calls,
    "smb_message_echoes": meta_coexistence.echoes,
    "history": meta_coexistence.history,
    "smb_app_state_sync": meta_coexistence.contact_sync,
    "standby": _raw("standby"),
    "messaging_handovers": _raw("handover"),
    "business_username_updates": _raw("username_update"),
    "business_username_update": _raw("username_update"),
    **dict.fromkeys(_GROUPS, _groups),
    **dict.fromkeys(_TEMPLATES, meta_account.template),
    **dict.fromkeys(meta_account.ACCOUNT_FIELDS, meta_account.account),
}
FIELDS = tuple(_READERS)
