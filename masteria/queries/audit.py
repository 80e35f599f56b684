"""The audit trail for the API: who did what, from where, and what it was before and after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from masteria.core.work import Work
from masteria.enums import Permission
from masteria.queries.filters import narrowed
from masteria.queries.paging import Page, Sorting, by_id, by_time, checked_limit

ENTRY_SORTS = Sorting("-created_at", {"created_at": by_time("created_at")}, by_id("id"))


@dataclass(frozen=True, slots=True)
class EntryRow:
    """A row that was made has no `before`, one that was deleted no `after`."""

    id: UUID
    created_at: datetime
    happened: str
    subject_kind: str
    subject_id: UUID
    actor_kind: str
    actor_id: UUID | None
    actor_name: str
    ip: str
    request_id: str
    details: dict[str, Any]
    before: dict[str, Any]
    after: dict[str, Any]


def entries(
    work: Work,
    *,
    subject_id: UUID | None = None,
    actor_id: UUID | None = None,
    happened: str = "",
    sort: str = "",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[EntryRow]:
    """A page, usually the newest first: all, or of one row, by one person or key, of one kind."""
    work.require(Permission.ADMIN)
    order = ENTRY_SORTS.order(sort, cursor)
    wanted = {"company_id": work.company_id, "subject_id": subject_id, "actor_id": actor_id, "happened": happened}
    where, values = narrowed(wanted)
    columns = ", ".join(EntryRow.__dataclass_fields__)
    rows = work.execute(
        f"select {columns} from activity where {where} and {order.after} order by {order.by} limit :limit",
        {**values, **order.values, "limit": checked_limit(limit) + 1},
    )
    return order.page([EntryRow(*row) for row in rows], limit)
