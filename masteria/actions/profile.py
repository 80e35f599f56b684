"""What a person says about themselves."""

from __future__ import annotations

from masteria.actions import credentials, traces
from masteria.core.access import Actor
from masteria.core.letters import LANGUAGES
from masteria.core.work import work_across
from masteria.enums import Happened
from masteria.kit.errors import Invalid
from masteria.models import Person


def save(actor: Actor, name: str, language: str) -> None:
    """My name and the language that I read, on pages and in mail; told in every company I belong to."""
    name = credentials.checked_name(name, "name")
    if language not in LANGUAGES:
        raise Invalid("language", "unknown_value")
    with work_across() as database:
        person = database.get_one(Person, actor.person_id)
        changed = {"name": name != person.name, "language": language != person.language}
        person.name, person.language = name, language
        told = sorted(field for field, is_changed in changed.items() if is_changed)
        if told:
            traces.note_everywhere(database, person, Happened.MEMBER_UPDATED, ip=actor.ip, fields=told)


def has_password(actor: Actor) -> bool:
    """Whether this person can sign in by one."""
    with work_across() as database:
        return bool(database.get_one(Person, actor.person_id).password_hash)
