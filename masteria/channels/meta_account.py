"""What Meta tells of templates, numbers and accounts. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from masteria.channels.told import Change, Told, part
from masteria.channels.values import as_dict, first, text, word
from masteria.kit.storable import storable

Fields = dict[str, Any]
_LIMITS = (
    "old_limit",
    "current_limit",
    "max_daily_conversation_per_phone",
    "max_daily_conversations_per_business",
    "max_phone_numbers_per_business",
    "max_phone_numbers_per_waba",
)
_TROUBLES = ("restriction_info", "violation_info", "ban_info")


def template(change: Change) -> Iterator[Told]:
    """Any of the template fields. Meta shows the quality under the name of the status: its keys say what it is."""
    value = change.value
    if "new_quality_score" in value:
        yield _template(
            change, "template_quality", new=value.get("new_quality_score"), old=value.get("previous_quality_score")
        )
    elif change.field == "message_template_components_update":
        yield _template(change, "template_components", new=_components(value))
    elif change.field in ("template_category_update", "template_correct_category_detection"):
        yield _category(change)
    else:
        yield _template(change, "template_status", event=word(value.get("event")), at=value.get("timestamp"))


def _category(change: Change) -> Told:
    """Done, or still to come: then `new_category` is the one of now and `correct_category` the next."""
    value = change.value
    correct = word(value.get("correct_category"))
    if correct is None:
        new, old = value.get("new_category"), value.get("previous_category")
        return _template(change, "template_category", event="changed", new=word(new), old=word(old))
    old = first(word(value.get("new_category")), word(value.get("previous_category")))
    return _template(change, "template_category", event="impending", new=correct, old=old)


def _template(
    change: Change, kind: str, *, event: str | None = None, new: Any = None, old: Any = None, at: Any = None
) -> Told:
    value = change.value
    language = word(value.get("message_template_language"))
    fields = {
        "template_id": word(value.get("message_template_id")),
        "name": word(value.get("message_template_name")),
        "language": language.replace("-", "_") if language else None,
        "event": event,
        "new_value": new,
        "previous_value": old,
        "reason": word(value.get("reason")),
    }
    return change.told(kind, fields, value, at)


def _components(value: dict[str, Any]) -> dict[str, Any]:
    names = {"body": "element", "title": "title", "footer": "footer", "buttons": "buttons"}
    found = {ours: value.get(f"message_template_{theirs}") for ours, theirs in names.items()}
    return storable({name: part for name, part in found.items() if part is not None})


def account(change: Change) -> Iterator[Told]:
    """Any of the fields about a number or an account."""
    kind, fields_of = _ACCOUNT[change.field]
    fields: Fields = {"entity": None, "event": None, "decision": None, "limits": None, **fields_of(change)}
    yield change.told(kind, fields, change.value, change.value.get("timestamp"))


def _quality(change: Change) -> Fields:
    return {**_shown_number(change), "event": word(change.value.get("event")), "limits": _limits(change, _LIMITS)}


def _name(change: Change) -> Fields:
    return {**_shown_number(change), "decision": word(change.value.get("decision"))}


def _capability(change: Change) -> Fields:
    return {"entity": change.account, "limits": _limits(change, _LIMITS)}


def _update(change: Change) -> Fields:
    return {"entity": change.account, "event": word(change.value.get("event")), "limits": _limits(change, _TROUBLES)}


def _alert(change: Change) -> Fields:
    told = as_dict(change.value.get("alert_info")) or change.value
    return {"entity": first(word(change.value.get("entity_id")), change.account), "event": word(told.get("alert_type"))}


def _review(change: Change) -> Fields:
    return {"entity": change.account, "decision": word(change.value.get("decision"))}


def _security(change: Change) -> Fields:
    return {**_shown_number(change), "event": word(change.value.get("event"))}


def _settings(change: Change) -> Fields:
    told = as_dict(change.value.get("phone_number_settings"))
    entity = first(word(told.get("phone_number_id")), change.number, change.account)
    limits = first(part(told, "calling", "restrictions"), change.value.get("restrictions"))
    return {
        "entity": entity,
        "event": first(word(change.value.get("event")), word(change.value.get("type"))),
        "limits": storable(limits),
    }


def _shown_number(change: Change) -> Fields:
    return {"entity": first(text(change.value.get("display_phone_number")), change.number, change.account)}


def _limits(change: Change, names: tuple[str, ...]) -> dict[str, Any] | None:
    return storable({name: change.value[name] for name in names if change.value.get(name) is not None}) or None


_ACCOUNT: dict[str, tuple[str, Callable[[Change], Fields]]] = {
    "phone_number_quality_update": ("phone_quality", _quality),
    "phone_number_name_update": ("phone_name", _name),
    "business_capability_update": ("capability", _capability),
    "account_update": ("account_update", _update),
    "account_alerts": ("account_alert", _alert),
    "account_review_update": ("account_review", _review),
    "security": ("security", _security),
    "account_settings_update": ("account_settings", _settings),
}
ACCOUNT_FIELDS = tuple(_ACCOUNT)
