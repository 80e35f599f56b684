"""The words for what a webhook told and did: kinds, effects, one line of each event, and why one is parked."""

from __future__ import annotations

import re
from typing import Any

from masteria.kit.phone import read_phone
from masteria.queries.intake import EventRow
from masteria.ui.texts import catalog, phone, tr

GOOD = ("message_stored", "echo_stored", "moved", "contact_moved", "opted", "click_noted", "template_changed")
BAD = ("not_applied", "number_unknown")
LONGEST = 140  # letters of a message in a line
_NUMBER = re.compile(r"unknown number (\w+)")


def kind_words(language: str, kind: str) -> str:
    """What kind of event it is."""
    return tr(language, f"event.kind.{kind}")


def did_words(language: str, did: str | None, *, is_waiting: bool = False) -> tuple[str, str]:
    """What it did, and the tone of it."""
    if did is None:
        return tr(language, "event.did.not_yet" if is_waiting else "event.did.see_counts"), "neutral"
    tone = "problem" if did in BAD else "good" if did.startswith((*GOOD, "connection_changed")) else "neutral"
    return tr(language, f"event.did.{did}"), "info" if did == "waits" else tone


def event_line(language: str, event: EventRow) -> str:
    """Who and what, in one line."""
    found = event.fields
    parts = [_who(found), *(_said(language, found, name) for name in _TOLD.get(event.kind, ()))]
    return " · ".join(part for part in parts if part)


def problem_words(language: str, error: str | None) -> str:
    """Why a body is parked, for a person; the words of the machine stand beside it."""
    if error and (number := _NUMBER.match(error)):
        return tr(language, "received.unknown_number", number=number[1])
    if error == "not a JSON object":
        return tr(language, "received.no_json")
    return tr(language, "received.not_applied")


def _who(found: dict[str, Any]) -> str:
    name = str(found.get("profile_name") or found.get("full_name") or "")
    digits = next((found[key] for key in ("to", "from", "wa_id", "recipient_id") if found.get(key)), None)
    known = read_phone(f"+{digits}") if digits else None  # WhatsApp may leave a ninth digit out
    number = phone(known.e164 if known else f"+{digits}") if digits else str(found.get("user_id") or "")
    return " ".join(part for part in (name, number) if part)


def _said(language: str, found: dict[str, Any], name: str) -> str:
    value = found.get(name)
    if value is None or isinstance(value, dict | list):
        return ""
    if name == "status" and f"one.{value}" in catalog(language):
        return tr(language, f"one.{value}")
    if name == "msg_type":
        return "" if found.get("text") else str(value)
    if name == "error_code":
        return tr(language, "reason.other", code=value)
    return str(value)[:LONGEST]


_TEMPLATE = ("name", "event", "previous_value", "new_value", "reason")
_ACCOUNT = ("entity", "event", "decision")
_CALL = ("event", "status")
_TOLD: dict[str, tuple[str, ...]] = {
    "message": ("text", "msg_type"),
    "echo": ("text", "msg_type"),
    "history_message": ("text", "msg_type"),
    "reaction": ("emoji",),
    "message_edited": ("text",),
    "status": ("status", "error_code"),
    "error": ("code",),
    "link_click": ("component",),
    "marketing_preference": ("value",),
    "contact_changed": ("change", "new_wa_id"),
    "history_progress": ("phase", "progress"),
    "contact_sync": ("action",),
    "unknown": ("what", "value"),
    **dict.fromkeys(("template_status", "template_quality", "template_category", "template_components"), _TEMPLATE),
    **dict.fromkeys(("phone_quality", "phone_name", "capability", "account_update", "account_alert"), _ACCOUNT),
    **dict.fromkeys(("account_review", "security", "account_settings"), _ACCOUNT),
    **dict.fromkeys(("call", "call_status", "call_permission"), _CALL),
}
