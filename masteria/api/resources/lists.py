"""Lists and tags: the two simple ways to name a group of contacts."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from masteria.actions import contacts
from masteria.api.door import Caller, needs, router
from masteria.api.shapes import Body, Cursor, Limit, Listed, Shape, listed, part_of
from masteria.core.work import Work, work_as
from masteria.enums import Permission
from masteria.kit.errors import NotFound
from masteria.queries import contacts as found

routes = router("lists")


class ContactList(Shape):
    id: UUID
    name: str
    count: int


class Tag(Shape):
    name: str
    count: int


class ListName(Body):
    name: str = Field(min_length=1, max_length=120)


@routes.get("/lists", dependencies=[needs(Permission.READ_CONTACTS)])
def list_lists(caller: Caller, limit: Limit = 50, cursor: Cursor = None) -> Listed[ContactList]:
    """Every list by name, with how many people it holds."""
    with work_as(caller) as work:
        return listed(ContactList.model_validate, part_of(found.lists(work), limit, cursor))


@routes.post("/lists", status_code=201, dependencies=[needs(Permission.EDIT_CONTACTS)])
def create(caller: Caller, body: ListName) -> ContactList:
    """A new list; put people into it by `lists` of a contact, or by an import."""
    with work_as(caller) as work:
        return _one(work, contacts.create_list(work, body.name))


@routes.get("/lists/{list_id}", dependencies=[needs(Permission.READ_CONTACTS)])
def get(caller: Caller, list_id: UUID) -> ContactList:
    """One list."""
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


@routes.get("/tags", dependencies=[needs(Permission.READ_CONTACTS)])
def list_tags(caller: Caller, limit: Limit = 50, cursor: Cursor = None) -> Listed[Tag]:
    """Every tag in use, the most used first."""
    with work_as(caller) as work:
        return listed(Tag.model_validate, part_of(found.tags(work), limit, cursor))


def _one(work: Work, list_id: UUID) -> ContactList:
    row = next((row for row in found.lists(work) if row.id == str(list_id)), None)
    if row is None:
        raise NotFound("list")
    return ContactList.model_validate(row)
