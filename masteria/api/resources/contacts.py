"""Contacts: list, one, create, change, delete, and up to a thousand at once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import Field

from masteria.actions import bulk, contacts
from masteria.api.door import Caller, needs, router
from masteria.api.sentences import sentence
from masteria.api.shapes import Body, Cursor, Limit, Listed, Scalar, Search, Shape, given, listed, sorted_by
from masteria.core.work import work_as
from masteria.enums import Consent, Permission
from masteria.queries import contacts as found
from masteria.queries.contacts import ContactRow

routes = router("contacts")
Sort = Annotated[str, sorted_by(found.CONTACT_SORTS)]
Tag = Annotated[str, Field(min_length=1, max_length=64)]


class Identity(Shape):
    kind: Literal["phone", "email"]
    value: str


class Consents(Shape):
    whatsapp: Consent


class Contact(Shape):
    id: UUID
    phone: str | None
    name: str
    email: str | None
    language: str | None
    timezone: str | None
    tags: list[str]
    lists: list[str] = Field(description="Names of the lists that the person stands in")
    list_ids: list[UUID] = Field(description="Ids of the same lists, in the same order")
    attributes: dict[str, Scalar]
    identities: list[Identity]
    consent: Consents
    created_at: datetime
    last_inbound_at: datetime | None


class ContactFields(Body):
    name: str = Field(default="", max_length=200)
    email: str | None = Field(default=None, max_length=254)
    language: str | None = Field(default=None, max_length=16)
    timezone: str | None = Field(default=None, max_length=64)
    attributes: dict[str, Scalar] = Field(default_factory=dict, max_length=100)
    lists: list[UUID] = Field(default_factory=list, max_length=100, description="Ids of lists to stand in as well")
    consent: Consent = Consent.UNKNOWN


class NewContact(ContactFields):
    phone: str = Field(max_length=40, description="As people write it; kept as E.164")
    tags: list[Tag] = Field(default_factory=list, max_length=50)


class ContactChange(ContactFields):
    """Only what is named changes; attributes merge, and null removes one. `lists` is the same as `add_lists`."""

    add_tags: list[Tag] = Field(default_factory=list, max_length=50)
    remove_tags: list[Tag] = Field(default_factory=list, max_length=50)
    add_lists: list[UUID] = Field(default_factory=list, max_length=100, description="Ids")
    remove_lists: list[UUID] = Field(default_factory=list, max_length=100, description="Ids")


class BulkContact(Body):
    phone: str = Field(max_length=40)
    name: str = Field(default="", max_length=200)
    email: str | None = Field(default=None, max_length=254)
    language: str | None = Field(default=None, max_length=16)
    tags: list[Tag] = Field(default_factory=list, max_length=50)
    attributes: dict[str, str] = Field(default_factory=dict, max_length=100)


class Bulk(Body):
    contacts: list[BulkContact] = Field(min_length=1, max_length=1000)
    on_match: Literal["update", "skip"] = "update"
    tags: list[Tag] = Field(default_factory=list, max_length=50, description="For all of them")
    list_name: str | None = Field(
        default=None, alias="list", min_length=1, max_length=120, description="Name of a list for all of them"
    )


class Rejected(Shape):
    index: int
    field: str
    message: str


class BulkDone(Shape):
    created: int
    updated: int
    skipped: int
    rejected: list[Rejected]


@routes.get("/contacts", dependencies=[needs(Permission.READ_CONTACTS)])
def list_contacts(
    caller: Caller,
    limit: Limit = 50,
    cursor: Cursor = None,
    sort: Sort = found.CONTACT_SORTS.usual,
    q: Search = "",
    tag: Annotated[str, Query(max_length=64)] = "",
    list_id: UUID | None = None,
) -> Listed[Contact]:
    """All, or those that are found. `q` finds beginnings of words in names and of addresses, and digits of numbers."""
    with work_as(caller) as work:
        page = found.list_contacts(
            work, q=q, tag=tag, list_id=str(list_id or ""), sort=sort, cursor=cursor, limit=limit
        )
    return listed(_shown, page)


@routes.post("/contacts", status_code=201, dependencies=[needs(Permission.EDIT_CONTACTS)])
def create(caller: Caller, body: NewContact) -> Contact:
    """A new person. A number that somebody has already is a 409."""
    values = given(body)
    values["add_tags"] = values.pop("tags", [])
    with work_as(caller) as work:
        contact_id = contacts.create(work, values.pop("phone"), **values)
        work.session.flush()
        return _shown(found.contact(work, contact_id))


@routes.post("/contacts/bulk", dependencies=[needs(Permission.EDIT_CONTACTS)])
def bring(caller: Caller, body: Bulk) -> BulkDone:
    """Up to 1,000 people at once: new numbers are created, known ones updated or skipped. All or nothing is kept."""
    people = [bulk.Person(**person.model_dump()) for person in body.contacts]
    options = {"on_match": body.on_match, "tags": body.tags, "list": body.list_name}
    with work_as(caller) as work:
        done = bulk.bring(work, people, options)
    rejected = [Rejected(index=n, field="phone", message=sentence(reason)) for n, reason in done.rejected]
    counts = done.counts
    return BulkDone(created=counts.created, updated=counts.updated, skipped=counts.skipped, rejected=rejected)


@routes.get("/contacts/{contact_id}", dependencies=[needs(Permission.READ_CONTACTS)])
def get(caller: Caller, contact_id: UUID) -> Contact:
    """One person."""
    with work_as(caller) as work:
        return _shown(found.contact(work, contact_id))


@routes.patch("/contacts/{contact_id}", dependencies=[needs(Permission.EDIT_CONTACTS)])
def change(caller: Caller, contact_id: UUID, body: ContactChange) -> Contact:
    """Change what is named. A list that is not the company's is a 404, and nothing changes."""
    with work_as(caller) as work:
        contacts.update(work, contact_id, **given(body))
        work.session.flush()
        return _shown(found.contact(work, contact_id))


@routes.delete("/contacts/{contact_id}", status_code=204, dependencies=[needs(Permission.EDIT_CONTACTS)])
def delete(caller: Caller, contact_id: UUID) -> None:
    """Forget a person. Campaigns keep their totals."""
    with work_as(caller) as work:
        contacts.delete(work, contact_id)


def _shown(row: ContactRow) -> Contact:
    ways = [("phone", row.phone), ("email", row.email)]
    return Contact(
        id=row.id,
        phone=row.phone,
        name=row.name,
        email=row.email,
        language=row.language,
        timezone=row.timezone,
        tags=row.tags,
        lists=row.lists,
        list_ids=row.list_ids,
        attributes=row.attributes,
        identities=[Identity.model_validate({"kind": kind, "value": value}) for kind, value in ways if value],
        consent=Consents(whatsapp=Consent(row.consent)),
        created_at=row.created_at,
        last_inbound_at=row.last_inbound_at,
    )
