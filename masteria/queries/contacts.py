"""Contacts for screens and API: pages, search, one person, tags, lists, imports."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from masteria.core.work import Work
from masteria.enums import Permission
from masteria.kit.columns import REJECT_COLUMNS
from masteria.kit.errors import Invalid, NotFound
from masteria.kit.ids import parse_id
from masteria.kit.phone import read_phone
from masteria.kit.storable import storable_text
from masteria.kit.tables import harmless
from masteria.models import ImportBatch
from masteria.queries.filters import narrow, narrowed
from masteria.queries.paging import (
    WHOLE,
    Order,
    Page,
    Sorting,
    by_id,
    by_name,
    by_number,
    by_time,
    by_word,
    checked_limit,
)

CONTACT_SORTS = Sorting(
    "-created_at", {"created_at": by_time("c.created_at"), "name": by_name("c.name")}, by_id("c.id")
)
LIST_SORTS = Sorting("name", {"name": by_name("l.name"), "created_at": by_time("l.created_at")}, by_id("l.id"))
TAG_SORTS = Sorting("-count", {"count": by_number("t.count"), "name": by_name("t.name")}, by_word("t.name"))
IMPORT_SORTS = Sorting("-created_at", {"created_at": by_time("import_batch.created_at")}, by_id("import_batch.id"))

_LETTER = re.compile(r"[^\W\d_]|@")


@dataclass(frozen=True, slots=True)
class ContactRow:
    id: UUID
    name: str
    phone: str | None
    email: str | None
    language: str | None
    timezone: str | None
    tags: list[str]
    attributes: dict[str, Any]
    consent: str
    created_at: datetime
    last_inbound_at: datetime | None
    lists: list[str] = field(default_factory=list)
    list_ids: list[UUID] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ListRow:
    """A list, and how many people stand in it."""

    id: UUID
    name: str
    count: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TagRow:
    """A tag, which is its own id, and how many people have it."""

    id: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class ImportRow:
    id: UUID
    file_name: str
    status: str
    error: str | None
    total: int
    processed: int
    created: int
    updated: int
    skipped: int
    rejected: int
    repeats: int
    dry_run: bool
    created_at: datetime
    finished_at: datetime | None


def list_contacts(
    work: Work,
    *,
    q: str = "",
    tag: str = "",
    list_id: str = "",
    sort: str = "",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[ContactRow]:
    """A page, usually the newest first. `q` finds beginnings of words and of addresses, and digits of numbers."""
    work.require(Permission.READ_CONTACTS)
    order = CONTACT_SORTS.order(sort, cursor)
    values = {**_filters(q, tag, list_id), **_place(order), "limit": checked_limit(limit) + 1}
    rows = work.execute(f"{_SELECT} from app.find_contacts({_FILTERS}, :sort, {_AFTER}, :limit) c", values)
    page = order.page([ContactRow(*row) for row in rows], limit)
    return replace(page, rows=_with_lists(work, page.rows))


def count_contacts(work: Work, *, q: str = "", tag: str = "", list_id: str = "") -> int:
    """How many the same filters find."""
    work.require(Permission.READ_CONTACTS)
    values = _filters(q, tag, list_id)
    query = f"select app.count_contacts({_FILTERS})"
    if list_id and not (values["q"] or values["tag"]):  # a list alone is counted without its people
        values["company"] = work.company_id
        query = "select count(*) from list_member where company_id = :company and list_id = :list"
    return int(work.execute(query, values).scalar() or 0)


def contact(work: Work, contact_id: UUID) -> ContactRow:
    """One person."""
    work.require(Permission.READ_CONTACTS)
    query = f"{_SELECT} from contact c where c.company_id = :company and c.id = :id"
    row = work.execute(query, {"company": work.company_id, "id": contact_id}).first()
    if row is None:
        raise NotFound("contact")
    return _with_lists(work, [ContactRow(*row)])[0]


def tags(work: Work, *, q: str = "", sort: str = "", cursor: str | None = None, limit: int = WHOLE) -> Page[TagRow]:
    """The tags in use, usually the most used first; `q` is part of them."""
    work.require(Permission.READ_CONTACTS)
    order, (where, values) = TAG_SORTS.order(sort, cursor), narrowed({}, q=q, text="t.name")
    rows = work.execute(
        f"""select t.name, t.name, t.count from (select tag as name, count(*) from contact c, unnest(c.tags) tag
             where c.company_id = :company group by tag) t
           where {where} and {order.after} order by {order.by} limit :limit""",
        {"company": work.company_id, **values, **order.values, "limit": limit + 1},
    )
    return order.page([TagRow(*row) for row in rows], limit)


def lists(work: Work, *, q: str = "", sort: str = "", cursor: str | None = None, limit: int = WHOLE) -> Page[ListRow]:
    """The lists, usually by name; `q` is part of it."""
    work.require(Permission.READ_CONTACTS)
    order, (where, values) = LIST_SORTS.order(sort, cursor), narrowed({}, q=q, text="l.name")
    rows = work.execute(
        f"{_LISTS} and {where} and {order.after} order by {order.by} limit :limit",
        {"company": work.company_id, **values, **order.values, "limit": limit + 1},
    )
    return order.page([ListRow(*row) for row in rows], limit)


def contact_list(work: Work, list_id: UUID) -> ListRow:
    """One list."""
    work.require(Permission.READ_CONTACTS)
    row = work.execute(f"{_LISTS} and l.id = :id", {"company": work.company_id, "id": list_id}).first()
    if row is None:
        raise NotFound("list")
    return ListRow(*row)


def attribute_keys(work: Work) -> list[str]:
    """Own fields in use, the most used first; looked up in the newest thousand people."""
    work.require(Permission.READ_CONTACTS)
    rows = work.execute(
        """select key from (select attributes from contact where company_id = :company
             order by created_at desc, id desc limit 1000) c, jsonb_object_keys(c.attributes) key
           group by key order by count(*) desc, key limit 50""",
        {"company": work.company_id},
    )
    return list(rows.scalars())


def imports(
    work: Work, *, status: str = "", sort: str = "", cursor: str | None = None, limit: int = 20
) -> Page[ImportRow]:
    """A page of imports, usually the newest first."""
    work.require(Permission.READ_CONTACTS)
    order = IMPORT_SORTS.order(sort, cursor)
    query = narrow(work.select(ImportBatch), {"import_batch.status": status})
    found = work.session.exec(order.of(query, limit))
    return order.page([_import_row(batch) for batch in found], limit)


def import_row(work: Work, import_id: UUID) -> ImportRow:
    """One import as it stands."""
    work.require(Permission.READ_CONTACTS)
    return _import_row(work.get(ImportBatch, import_id))


def rejects_csv(work: Work, import_id: UUID) -> str:
    """The lines that could not be taken under the file's own header, to be mended and brought again.

    The two columns in front are left out by the next import; cells that would be formulas in a spreadsheet are text.
    """
    work.require(Permission.READ_CONTACTS)
    batch = work.get(ImportBatch, import_id)
    rows = work.execute(
        "select line, reason, cells from import_reject where import_id = :id order by line", {"id": import_id}
    )
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow([*REJECT_COLUMNS, *map(harmless, batch.columns)])
    for line, reason, cells in rows:
        writer.writerow([line, reason, *map(harmless, cells)])
    return out.getvalue()


def _filters(q: str, tag: str, list_id: str) -> dict[str, Any]:
    """What is typed as a number is looked for as one, however it is spelt. What cannot be stored is nothing to look for."""
    for name, text in (("q", q), ("tag", tag)):
        if text and not storable_text(text, 80):
            raise Invalid(name, "unreadable")
    q = " ".join(storable_text(q, 80).split())
    if q and not _LETTER.search(q):
        number = read_phone(q)
        q = number.e164.lstrip("+") if number else re.sub(r"\D", "", q) or q
    return {"q": q, "tag": storable_text(tag, 64), "list": parse_id(list_id) if list_id else None}


def _place(order: Order) -> dict[str, Any]:
    """The order, as the search function takes it: it makes its SQL itself, since it sees past row security."""
    after, by_name_now = order.values.get("after"), order.sort.endswith("name")
    return {
        "sort": order.sort,
        "at": None if by_name_now else after,
        "name": after if by_name_now else None,
        "after_id": order.values.get("after_id"),
    }


def _with_lists(work: Work, rows: list[ContactRow]) -> list[ContactRow]:
    """The same people with the lists they stand in, by name."""
    found = work.execute(
        """select m.contact_id, array_agg(l.name order by l.name, l.id), array_agg(l.id order by l.name, l.id)
           from list_member m join contact_list l on l.id = m.list_id
           where m.company_id = :company and m.contact_id = any(:ids) group by 1""",
        {"company": work.company_id, "ids": [row.id for row in rows]},
    )
    standing = {contact_id: {"lists": names, "list_ids": ids} for contact_id, names, ids in found}
    return [replace(row, **standing.get(row.id, {})) for row in rows]


def _import_row(batch: ImportBatch) -> ImportRow:
    return ImportRow(
        batch.id,
        batch.file_name,
        str(batch.status),
        batch.error,
        batch.total,
        batch.processed,
        batch.created,
        batch.updated,
        batch.skipped,
        batch.rejected,
        batch.repeats,
        bool(batch.options.get("dry_run")),
        batch.created_at,
        batch.finished_at,
    )


_SELECT = """select c.id, c.name, c.phone, c.email, c.language, c.timezone, c.tags, c.attributes, c.consent_whatsapp,
    c.created_at, c.last_inbound_at"""
_FILTERS = ":q, :tag, cast(:list as uuid)"
_AFTER = "cast(:at as timestamptz), :name, cast(:after_id as uuid)"
_LISTS = """select l.id, l.name, (select count(*) from list_member m where m.list_id = l.id), l.created_at
  from contact_list l where l.company_id = :company"""
