"""People and lists: create, change, delete. Numbers are read once, here, and compared by their match key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from masteria.actions import activity
from masteria.core.work import Work
from masteria.enums import Consent, Happened, Permission, Topic
from masteria.kit.errors import Conflict, Invalid
from masteria.kit.phone import read_phone
from masteria.models import Contact, ContactList

FIELDS = frozenset(
    {"name", "email", "language", "timezone", "attributes", "add_tags", "remove_tags", "lists", "consent"}
)
MAX_TAGS, MAX_ATTRIBUTES = 50, 100


def create(work: Work, phone: str, **values: Any) -> UUID:
    """A new person. `Invalid` for a number that cannot be; `Conflict` if the number is somebody's already."""
    work.require(Permission.EDIT_CONTACTS)
    number = read_phone(phone)
    if number is None:
        raise Invalid("phone", "phone_unusable")
    known = work.session.exec(work.select(Contact).where(Contact.match_key == number.match_key)).first()
    if known is not None:
        raise Conflict("phone_taken", contact_id=str(known.id))
    contact = work.add(Contact(phone=number.e164, match_key=number.match_key))
    work.session.flush()
    _apply(work, contact, values)
    activity.record(work, contact, Happened.CONTACT_CREATED)
    work.announce(Topic.CONTACT, contact.id)
    return contact.id


def update(work: Work, contact_id: UUID, **values: Any) -> None:
    """Change what is named; tags add up through `add_tags` and `remove_tags`, attributes merge."""
    work.require(Permission.EDIT_CONTACTS)
    contact = work.get(Contact, contact_id, lock=True)
    _apply(work, contact, values)
    activity.record(work, contact, Happened.CONTACT_UPDATED, fields=sorted(values))
    work.announce(Topic.CONTACT, contact_id)


def delete(work: Work, contact_id: UUID) -> None:
    """Forget a person; campaigns keep their totals, conversations go."""
    work.require(Permission.EDIT_CONTACTS)
    contact = work.get(Contact, contact_id, lock=True)
    work.execute(
        """update recipient set state = 'skipped', reason_code = 'deleted', state_at = now()
           where contact_id = :id and state in ('queued', 'claimed')""",
        {"id": contact_id},
    )
    work.execute(
        "update recipient set contact_id = null, phone = null, variables = '{}' where contact_id = :id",
        {"id": contact_id},
    )
    activity.record(work, contact, Happened.CONTACT_DELETED)
    work.session.delete(contact)
    work.announce(Topic.CONTACT, contact_id)


def create_list(work: Work, name: str) -> UUID:
    """A new list; the same name twice is `Conflict`."""
    work.require(Permission.EDIT_CONTACTS)
    found = work.add(ContactList(name=_list_name(work, name)))
    work.session.flush()
    activity.record(work, found, Happened.LIST_CREATED, name=found.name)
    work.announce(Topic.CONTACT, found.id)
    return found.id


def rename_list(work: Work, list_id: UUID, name: str) -> None:
    """Another name for the same people."""
    work.require(Permission.EDIT_CONTACTS)
    found = work.get(ContactList, list_id, lock=True)
    if " ".join(name.split()) != found.name:
        found.name = _list_name(work, name)
    activity.record(work, found, Happened.LIST_UPDATED, name=found.name)
    work.announce(Topic.CONTACT, list_id)


def delete_list(work: Work, list_id: UUID) -> None:
    """The list goes, the people stay."""
    work.require(Permission.EDIT_CONTACTS)
    found = work.get(ContactList, list_id, lock=True)
    activity.record(work, found, Happened.LIST_DELETED, name=found.name)
    work.session.delete(found)
    work.announce(Topic.CONTACT, list_id)


def _apply(work: Work, contact: Contact, values: Mapping[str, Any]) -> None:
    unknown = sorted(values.keys() - FIELDS)
    if unknown:
        raise Invalid(unknown[0], "unknown_field")
    for name, length in (("name", 200), ("email", 254), ("language", 16), ("timezone", 64)):
        if name in values:
            text = " ".join(str(values[name] or "").split())
            if len(text) > length:
                raise Invalid(name, "too_long", limit=length)
            setattr(contact, name, text if name == "name" else text or None)
    if contact.email and "@" not in contact.email:
        raise Invalid("email", "not_an_email")
    if "consent" in values:
        contact.consent_whatsapp = _consent(values["consent"])
    _apply_tags(contact, values)
    attributes = {str(k)[:64]: v for k, v in (values.get("attributes") or {}).items()}
    contact.attributes = {k: v for k, v in {**contact.attributes, **attributes}.items() if v is not None}
    if len(contact.attributes) > MAX_ATTRIBUTES:
        raise Invalid("attributes", "too_many", limit=MAX_ATTRIBUTES)
    for list_id in values.get("lists") or []:
        found = work.get(ContactList, list_id)
        work.execute(
            """insert into list_member (company_id, list_id, contact_id) values (:company, :list, :contact)
               on conflict do nothing""",
            {"company": work.company_id, "list": found.id, "contact": contact.id},
        )


def _apply_tags(contact: Contact, values: Mapping[str, Any]) -> None:
    add = [" ".join(str(t).split())[:64] for t in values.get("add_tags") or []]
    remove = set(values.get("remove_tags") or [])
    tags = sorted({*contact.tags, *filter(None, add)} - remove)
    if len(tags) > MAX_TAGS:
        raise Invalid("add_tags", "too_many", limit=MAX_TAGS)
    contact.tags = tags


def _consent(value: Any) -> Consent:
    try:
        return Consent(str(value))
    except ValueError:
        raise Invalid("consent", "unknown_value") from None


def _list_name(work: Work, name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 120:
        raise Invalid("name", "missing" if not name else "too_long", limit=120)
    if work.session.exec(work.select(ContactList).where(ContactList.name == name)).first():
        raise Conflict("name_taken")
    return name
