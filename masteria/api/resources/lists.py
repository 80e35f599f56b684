"""Lists, who stands in them, and tags: the two simple ways to name a group of contacts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from masteria.actions import contacts
from masteria.api.door import Caller, needs, router
from masteria.api.shapes import Body, Cursor, Limit, Listed, Search, Shape, listed, sorted_by
from masteria.core.work import Work, work_as
from masteria.enums import Permission
from masteria.queries import contacts as found

routes = router("lists")
Sort = Annotated[str, sorted_by(found.LIST_SORTS)]
TagSort = Annotated[str, sorted_by(found.TAG_SORTS)]


class ContactList(Shape):
    id: UUID
    name: str
    count: int
    created_at: datetime


class Tag(Shape):
    name: str
    count: int


class ListName(Body):
    name: str = Field(min_length=1, max_length=120)


class Members(Body):
    contact_ids: list[UUID] = Field(min_length=1, max_length=contacts.MAX_PEOPLE)


@routes.get("/lists", dependencies=[needs(Permission.READ_CONTACTS)])
def list_lists(
    caller: Caller, limit: Limit = 50, cursor: Cursor = None, sort: Sort = found.LIST_SORTS.usual, q: Search = ""
) -> Listed[ContactList]:
    """Every list, or those with `q` in their name, with how many people they hold."""
    with work_as(caller) as work:
        return listed(ContactList.model_validate, found.lists(work, q=q, sort=sort, cursor=cursor, limit=limit))


@routes.post("/lists", status_code=201, dependencies=[needs(Permission.EDIT_CONTACTS)])
def create(caller: Caller, body: ListName) -> ContactList:
    """A new, empty list. A name that is in use is a 409."""
    with work_as(caller) as work:
        return _one(work, contacts.create_list(work, body.name))


@routes.get("/lists/{list_id}", dependencies=[needs(Permission.READ_CONTACTS)])
def get(caller: Caller, list_id: UUID) -> ContactList:
    """One list; `GET /contacts?list_id=` tells who stands in it."""
    with work_as(caller) as work:
        return _one(work, list_id)


@routes.patch("/lists/{list_id}", dependencies=[needs(Permission.EDIT_CONTACTS)])
def rename(caller: Caller, list_id: UUID, body: ListName) -> ContactList:
    """Another name."""
    with work_as(caller) as work:
        contacts.rename_list(work, list_id, body.name)
        return _one(work, list_id)


@routes.delete("/lists/{list_id}", status_code=204, dependencies=[needs(Permission.EDIT_CONTACTS)])
def delete(caller: Caller, list_id: UUID) -> None:
    """The list goes, the people stay."""
    with work_as(caller) as work:
        contacts.delete_list(work, list_id)


@routes.post("/lists/{list_id}/contacts", dependencies=[needs(Permission.EDIT_CONTACTS)])
def add_contacts(caller: Caller, list_id: UUID, body: Members) -> ContactList:
    """Put up to 1,000 people into the list; who stands in it already stays. All or none: an unknown id is a 404."""
    with work_as(caller) as work:
        contacts.add_to_list(work, list_id, body.contact_ids)
        return _one(work, list_id)


@routes.delete(
    "/lists/{list_id}/contacts/{contact_id}", status_code=204, dependencies=[needs(Permission.EDIT_CONTACTS)]
)
def remove_contact(caller: Caller, list_id: UUID, contact_id: UUID) -> None:
    """Take a person out of the list; who does not stand in it is no error."""
    with work_as(caller) as work:
        contacts.remove_from_list(work, list_id, [contact_id])


@routes.get("/tags", dependencies=[needs(Permission.READ_CONTACTS)])
def list_tags(
    caller: Caller, limit: Limit = 50, cursor: Cursor = None, sort: TagSort = found.TAG_SORTS.usual, q: Search = ""
) -> Listed[Tag]:
    """Every tag in use, or those with `q` in them, and how many people have each."""
    with work_as(caller) as work:
        return listed(Tag.model_validate, found.tags(work, q=q, sort=sort, cursor=cursor, limit=limit))


def _one(work: Work, list_id: UUID) -> ContactList:
    return ContactList.model_validate(found.contact_list(work, list_id))
