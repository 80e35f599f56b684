"""The audit trail: every change, by whom, from where, and what it was before and after."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from masteria.api.door import Caller, needs, router
from masteria.api.shapes import Cursor, Limit, Listed, Shape, listed, sorted_by
from masteria.core.work import work_as
from masteria.enums import Happened, Permission
from masteria.queries import audit as found

routes = router("audit-log")
Sort = Annotated[str, sorted_by(found.ENTRY_SORTS)]


class Entry(Shape):
    """`actor_kind` is person, api_key, operator (at the command line) or system (the product's own steps)."""

    id: UUID
    created_at: datetime
    happened: Happened
    subject_kind: str
    subject_id: UUID
    actor_kind: str
    actor_id: UUID | None
    actor_name: str
    ip: str
    request_id: str = Field(description="The `x-request-id` of the answer")
    details: dict[str, Any]
    before: dict[str, Any] = Field(description="The columns that changed, secrets masked; empty for what was made")
    after: dict[str, Any] = Field(description="The same columns now; empty for what was deleted")


@routes.get("/audit-log", dependencies=[needs(Permission.ADMIN)])
def list_entries(
    caller: Caller,
    limit: Limit = 50,
    cursor: Cursor = None,
    sort: Sort = found.ENTRY_SORTS.usual,
    subject_id: UUID | None = None,
    actor_id: UUID | None = None,
    happened: Happened | None = None,
) -> Listed[Entry]:
    """All, or what happened to one row, was done by one person or key, or is of one kind."""
    with work_as(caller) as work:
        page = found.entries(
            work,
            subject_id=subject_id,
            actor_id=actor_id,
            happened=happened or "",
            sort=sort,
            cursor=cursor,
            limit=limit,
        )
    return listed(Entry.model_validate, page)
