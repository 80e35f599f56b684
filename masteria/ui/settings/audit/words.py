"""The trail in words: what happened, to whom, which field, from what to what. Codes stay in the API."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from masteria.enums import Happened
from masteria.queries.audit import EntryRow
from masteria.ui.settings.keys.words import scope_words
from masteria.ui.texts import catalog, moment, phone, tr

# what a reader looks for, and the kinds of entries that are it
GROUPS: dict[str, tuple[str, ...]] = {
    "people": ("contact", "list", "import"),
    "conversations": ("conversation", "message", "link"),
    "campaigns": ("campaign",),
    "templates": ("template", "templates"),
    "channels": ("connection", "intake"),
    "team": ("member", "invite", "team", "role"),
    "company": ("company", "feature"),
    "keys": ("api_key",),
    "access": ("session", "password", "email", "second_step", "login"),
    "support": ("support",),
    "refused": ("door", "sign_in"),
}
GLYPHS = {"api_key": "key-round", "system": "bot", "operator": "terminal", "stranger": "user-round-x"}
LONGEST = 300
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*")
# fields whose values are words of ours, and where those stand
_VALUES = {"role": "role", "state": "campaign.state", "consent_whatsapp": "consent", "language": "audit.language"}
_ABOUT = ("name", "email", "file")
_NOT_TOLD = frozenset({*_ABOUT, "fields", "contact_ids", "door", "reason"})


@dataclass(frozen=True, slots=True)
class Reader:
    """In which language and where the clock is read; and what ids are called."""

    language: str
    timezone: str
    names: Mapping[str, str] = field(default_factory=dict)

    def say(self, key: str, **values: object) -> str:
        return tr(self.language, key, **values)


@dataclass(frozen=True, slots=True)
class Told:
    """One field, before and after; a fact that has no before stands in `after` alone."""

    field: str
    before: str
    after: str


def did_words(reader: Reader, happened: str) -> str:
    """What happened, e.g. `Contato alterado`."""
    return reader.say(f"audit.did.{key_of(happened)}")


def key_of(happened: str) -> str:
    return happened.replace(".", "_")


def tone(happened: str) -> str:
    """Doors that stayed shut, and what is gone, are seen at once."""
    if happened in (Happened.DOOR_REFUSED, Happened.SIGN_IN_REFUSED, Happened.COMPANY_SUSPENDED):
        return "problem"
    return "attention" if happened.partition(".")[0] == "support" else "neutral"


def about(row: EntryRow) -> str:
    """Whom or what an entry speaks of, by its name; the page shows the number it had otherwise."""
    for source in (row.details, row.after, row.before):
        for name in _ABOUT:
            if isinstance(value := source.get(name), str) and value:
                return value[:LONGEST]
    return phone(str(row.after.get("phone") or row.before.get("phone") or ""))


def changes(reader: Reader, row: EntryRow) -> list[Told]:
    """Each field that changed, in the order of its words; then what else is told of it."""
    names = sorted(row.before.keys() | row.after.keys())
    told = [_told(reader, name, row.before.get(name), row.after.get(name)) for name in names]
    if "door" in row.details:
        told.append(Told(reader.say("audit.door"), "", str(row.details["door"])))
    if reason := row.details.get("reason"):
        told.append(Told(reader.say("audit.reason"), "", reason_words(reader, str(reason))))
    said = _NOT_TOLD | row.before.keys() | row.after.keys()
    rest = [name for name in sorted(row.details) if name not in said and row.details[name] not in (None, "")]
    return told + [_told(reader, name, None, row.details[name]) for name in rest]


def reason_words(reader: Reader, code: str) -> str:
    """Why a door stayed shut: a permission that is missing, or one of our reasons."""
    key = f"audit.why.{code}"
    if key in catalog(reader.language):
        return reader.say(key)
    scopes = scope_words(reader.language, [code])
    return reader.say("audit.needs", what=scopes[0]) if scopes else code


def _told(reader: Reader, name: str, before: Any, after: Any) -> Told:
    key = f"audit.field.{name}"
    label = reader.say(key) if key in catalog(reader.language) else name.replace("_", " ")
    return Told(label, _value(reader, name, before), _value(reader, name, after))


def _value(reader: Reader, name: str, value: Any) -> str:
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, bool):
        return reader.say("audit.yes" if value else "audit.no")
    if name in ("scopes", "permissions") and isinstance(value, list):
        return " · ".join(scope_words(reader.language, [str(each) for each in value]))
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)[:LONGEST]
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)[:LONGEST]
    return _text(reader, name, str(value))


def _text(reader: Reader, name: str, text: str) -> str:
    if _MOMENT.fullmatch(text):
        try:
            return moment(datetime.fromisoformat(text), reader.language, reader.timezone)
        except ValueError:
            return text
    if name == "phone":
        return phone(text)
    if text in reader.names:
        return reader.names[text]
    key = f"{_VALUES.get(name, '')}.{text}"
    return reader.say(key) if key in catalog(reader.language) else text[:LONGEST]
