"""The audit trail: who did what, from where, and what it was before and after; a page at a time, or as a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from masteria.core.work import Work
from masteria.enums import Permission
from masteria.kit.tables import harmless
from masteria.queries.filters import narrowed
from masteria.queries.paging import Page, Sorting, by_id, by_time, checked_limit

ENTRY_SORTS = Sorting("-created_at", {"created_at": by_time("created_at")}, by_id("id"))
FILE_ROWS = 1000  # of the file in one transaction
NAMED = frozenset({"api_key", "campaign", "connection", "contact", "contact_list", "custom_role", "team", "template"})
TEXT = "actor_name || ' ' || ip || ' ' || request_id || ' ' || details::text || before::text || after::text"


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


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: of one row, by one person or key, by the product or the command line (`actor_kind`), of one word
    (`happened`) or all of some kinds (`contact` is every `contact.…`), from `since` until before `until`, with `q` in them.
    Without `own_steps` only what somebody did, not the product by itself.
    """

    subject_id: UUID | None = None
    actor_id: UUID | None = None
    actor_kind: str = ""
    happened: str = ""
    kinds: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    q: str = ""
    own_steps: bool = True


@dataclass(frozen=True, slots=True)
class ActorRow:
    """Somebody who can be asked for: a person of the company, or a key."""

    id: UUID
    name: str
    kind: str


def entries(
    work: Work, wanted: Wanted | None = None, *, sort: str = "", cursor: str | None = None, limit: int = 50
) -> Page[EntryRow]:
    """A page, usually the newest first."""
    work.require(Permission.READ_AUDIT)
    return _page(work, wanted or Wanted(), sort, cursor, checked_limit(limit))


def entries_csv(work: Work, wanted: Wanted, cursor: str | None = None) -> tuple[str, str | None]:
    """A piece of the file, the newest first, and the cursor of the next one. The first piece has the header."""
    work.require(Permission.READ_AUDIT)
    page, out = _page(work, wanted, "", cursor, FILE_ROWS), io.StringIO()
    writer = csv.writer(out)
    if cursor is None:
        writer.writerow(EntryRow.__dataclass_fields__)
    for row in page.rows:
        writer.writerow([_cell(getattr(row, name)) for name in EntryRow.__dataclass_fields__])
    return out.getvalue(), page.next_cursor


def actors(work: Work) -> list[ActorRow]:
    """Who can have done something: the company's people, then its keys."""
    work.require(Permission.READ_AUDIT)
    rows = work.execute(
        """select p.id, p.name, 'person' from member m join person p on p.id = m.person_id where m.company_id = :company
           union all select id, name, 'api_key' from api_key where company_id = :company order by 3 desc, 2""",
        {"company": work.company_id},
    )
    return [ActorRow(*row) for row in rows]


def names(work: Work, rows: Iterable[EntryRow]) -> dict[UUID, str]:
    """What the rows that entries speak of are called today; what is gone has no name here."""
    work.require(Permission.READ_AUDIT)
    ids: dict[str, set[UUID]] = {}
    for row in rows:
        ids.setdefault(row.subject_kind, set()).add(row.subject_id)
    found: dict[UUID, str] = {}
    for kind in NAMED & ids.keys():
        query = f"select id, name from {kind} where company_id = :company and id = any(:ids)"
        found |= dict(work.execute(query, {"company": work.company_id, "ids": list(ids[kind])}).tuples().all())
    return found


def _page(work: Work, wanted: Wanted, sort: str, cursor: str | None, limit: int) -> Page[EntryRow]:
    order = ENTRY_SORTS.order(sort, cursor)
    columns = ", ".join(EntryRow.__dataclass_fields__)
    where, values = _where(work, wanted)
    rows = work.execute(
        f"select {columns} from activity where {where} and {order.after} order by {order.by} limit :limit",
        {**values, **order.values, "limit": limit + 1},
    )
    return order.page([EntryRow(*row) for row in rows], limit)


def _where(work: Work, wanted: Wanted) -> tuple[str, dict[str, Any]]:
    same = {name: getattr(wanted, name) for name in ("subject_id", "actor_id", "actor_kind", "happened")}
    where, values = narrowed({"company_id": work.company_id, **same}, q=wanted.q, text=TEXT)
    if not wanted.own_steps:
        where += " and actor_kind <> 'system'"
    if wanted.kinds:
        where, values["kinds"] = f"{where} and split_part(happened, '.', 1) = any(:kinds)", list(wanted.kinds)
    if wanted.since:
        where, values["since"] = f"{where} and created_at >= :since", wanted.since
    if wanted.until:
        where, values["until"] = f"{where} and created_at < :until", wanted.until
    return where, values


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True) if value else ""
    if isinstance(value, datetime):
        return value.isoformat()
    return harmless("" if value is None else str(value))
