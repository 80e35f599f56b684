"""People and lists: create, change, delete. Numbers are read once, here, and compared by their match key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from sqlmodel import select

from masteria.actions import activity, quotas, tally
from masteria.core import reach
from masteria.core.work import Work
from masteria.enums import Consent, Happened, Permission, Quota, Topic
from masteria.kit.clock import now
from masteria.kit.errors import Conflict, Invalid, NotFound
from masteria.kit.ids import new_id, parse_id
from masteria.kit.phone import read_phone
from masteria.kit.storable import storable, storable_text
from masteria.models import Contact, ContactList, Conversation

LISTS = ("lists", "add_lists", "remove_lists")
FIELDS = frozenset(
    {
        *("name", "email", "language", "timezone", "attributes", "consent"),
        *("add_tags", "remove_tags", *LISTS),
    }
)
MAX_TAGS, MAX_ATTRIBUTES, MAX_PEOPLE = 50, 100, 1000


def create(work: Work, phone: str, **values: Any) -> UUID:
    """A new person. `Invalid` for a number that cannot be; `Conflict` if the number is somebody's already."""
    work.require(Permission.EDIT_CONTACTS)
    number = read_phone(phone)
    if number is None:
        raise Invalid("phone", "phone_unusable")
    # the database decides, so that of two at once the second hears "taken" and not a fault
    made = work.execute(
        _NEW, {"id": new_id(), "company": work.company_id, "phone": number.e164, "key": number.match_key}
    ).rowcount
    contact = work.session.exec(work.select(Contact).where(Contact.match_key == number.match_key)).one()
    if not made:
        raise Conflict("phone_taken", contact_id=str(contact.id))
    quotas.require(work, Quota.CONTACTS, 0)  # it is among them already; refused, it goes with the transaction
    _apply(work, contact, values)
    activity.record(work, contact, Happened.CONTACT_CREATED)
    work.announce(Topic.CONTACT, contact.id)
    return contact.id


def update(work: Work, contact_id: UUID, **values: Any) -> None:
    """Change what is named; tags and lists add up through `add_…` and `remove_…`, attributes merge.

    `NotFound` for a list of another company, `Invalid` naming a field that cannot be.
    """
    work.require(Permission.EDIT_CONTACTS)
    contact = work.get(Contact, contact_id, lock=True)
    _apply(work, contact, values)
    lists: dict[str, Any] = {name: [str(each) for each in values[name]] for name in LISTS if values.get(name)}
    activity.record(work, contact, Happened.CONTACT_UPDATED, fields=sorted(values), **lists)
    work.announce(Topic.CONTACT, contact_id)


def delete(work: Work, contact_id: UUID) -> None:
    """Forget a person; campaigns keep their totals, conversations go."""
    work.require(Permission.EDIT_CONTACTS)
    contact = work.get(Contact, contact_id, lock=True)
    for conversation_id in work.session.exec(select(Conversation.id).where(Conversation.contact_id == contact_id)):
        reach.conversation(work, conversation_id)  # nobody deletes what they may not even read
    ids = {"company": work.company_id, "id": contact_id}
    skipped = """update recipient r set state = 'skipped', reason_code = 'deleted', state_at = now(), due_at = null
           where r.company_id = :company and r.contact_id = :id and r.state in ('queued', 'claimed')"""
    work.execute(tally.counted(skipped, "id"), ids)
    work.execute(
        "update recipient set contact_id = null, phone = null, variables = '{}' where contact_id = :id",
        {"id": contact_id},
    )
    work.execute("select app.forget_changes(:id)", {"id": contact_id})
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
    if " ".join(storable_text(name).split()) != found.name:
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


def add_to_list(work: Work, list_id: UUID, contact_ids: Iterable[UUID]) -> int:
    """Put people into a list, at most 1,000 at once; says how many were not in it. `NotFound` for a stranger."""
    work.require(Permission.EDIT_CONTACTS)
    ids, found = _people(work, contact_ids), work.get(ContactList, list_id)
    added = work.execute(_JOIN, {"company": work.company_id, "list": list_id, "ids": ids}).rowcount
    activity.record(work, found, Happened.LIST_UPDATED, added=added, contact_ids=[str(each) for each in ids])
    work.announce(Topic.CONTACT, list_id)
    return added


def remove_from_list(work: Work, list_id: UUID, contact_ids: Iterable[UUID]) -> int:
    """Take people out of a list; says how many were in it."""
    work.require(Permission.EDIT_CONTACTS)
    ids, found = _people(work, contact_ids), work.get(ContactList, list_id)
    removed = work.execute(_LEAVE, {"company": work.company_id, "list": list_id, "ids": ids}).rowcount
    activity.record(work, found, Happened.LIST_UPDATED, removed=removed, contact_ids=[str(each) for each in ids])
    work.announce(Topic.CONTACT, list_id)
    return removed


def _people(work: Work, contact_ids: Iterable[UUID]) -> list[UUID]:
    ids = list(dict.fromkeys(contact_ids))
    if len(ids) > MAX_PEOPLE:
        raise Invalid("contact_ids", "too_many", limit=MAX_PEOPLE)
    known = work.execute(
        "select count(*) from contact where company_id = :company and id = any(:ids)",
        {"company": work.company_id, "ids": ids},
    ).scalar()
    if known != len(ids):
        raise NotFound("contact")
    return ids


def _apply(work: Work, contact: Contact, values: Mapping[str, Any]) -> None:
    unknown = sorted(values.keys() - FIELDS)
    if unknown:
        raise Invalid(unknown[0], "unknown_field")
    _apply_texts(contact, values)
    if "consent" in values:
        contact.consent_whatsapp, contact.consent_at = _consent(values["consent"]), now()
    _apply_tags(contact, values)
    if values.get("attributes"):
        contact.attributes = _attributes(contact, values["attributes"])
    for name in LISTS:
        statement = _LEAVE if name == "remove_lists" else _JOIN
        for list_id in values.get(name) or []:
            found = work.get(ContactList, parse_id(list_id))
            work.execute(statement, {"company": work.company_id, "list": found.id, "ids": [contact.id]})


def _apply_texts(contact: Contact, values: Mapping[str, Any]) -> None:
    for name, length in (("name", 200), ("email", 254), ("language", 16), ("timezone", 64)):
        if name in values:
            text = " ".join(storable_text(str(values[name] or "")).split())
            if len(text) > length:
                raise Invalid(name, "too_long", limit=length)
            setattr(contact, name, text if name == "name" else text or None)
    if contact.email and "@" not in contact.email:
        raise Invalid("email", "not_an_email")
    if contact.email and "email" in values:
        contact.email = contact.email.lower()
    if values.get("timezone") and contact.timezone not in _zones():
        raise Invalid("timezone", "unknown_value")


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _attributes(contact: Contact, given: Any) -> dict[str, Any]:
    """The old with the new over them; None takes one away."""
    if not isinstance(given, Mapping):
        raise Invalid("attributes", "unreadable")
    new = {str(key)[:64]: value for key, value in storable(dict(given)).items()}  # pyright: ignore[reportUnknownArgumentType]
    merged = {key: value for key, value in {**contact.attributes, **new}.items() if value is not None}
    if len(merged) > MAX_ATTRIBUTES:
        raise Invalid("attributes", "too_many", limit=MAX_ATTRIBUTES)
    return merged


def _apply_tags(contact: Contact, values: Mapping[str, Any]) -> None:
    add, remove = _tags(values, "add_tags"), set(_tags(values, "remove_tags"))
    tags = sorted({*contact.tags, *add} - remove)
    if len(tags) > MAX_TAGS:
        raise Invalid("add_tags", "too_many", limit=MAX_TAGS)
    contact.tags = tags


def _tags(values: Mapping[str, Any], name: str) -> list[str]:
    given = values.get(name) or []
    if isinstance(given, str):
        raise Invalid(name, "unreadable")
    return [tag for each in given if (tag := " ".join(storable_text(str(each)).split())[:64])]


def _consent(value: Any) -> Consent:
    try:
        return Consent(str(value))
    except ValueError:
        raise Invalid("consent", "unknown_value") from None


def _list_name(work: Work, name: str) -> str:
    name = " ".join(storable_text(name).split())
    if not 1 <= len(name) <= 120:
        raise Invalid("name", "missing" if not name else "too_long", limit=120)
    if work.session.exec(work.select(ContactList).where(ContactList.name == name)).first():
        raise Conflict("name_taken")
    return name


_NEW = """insert into contact (id, company_id, created_at, changed_at, phone, match_key, name, tags, attributes,
    consent_whatsapp)
  values (:id, :company, clock_timestamp(), clock_timestamp(), :phone, :key, '', '{}', '{}', 'unknown')
  on conflict (company_id, match_key) do nothing"""
_JOIN = """insert into list_member (company_id, list_id, contact_id)
  select :company, :list, unnest(cast(:ids as uuid[])) on conflict do nothing"""
_LEAVE = "delete from list_member where company_id = :company and list_id = :list and contact_id = any(:ids)"
