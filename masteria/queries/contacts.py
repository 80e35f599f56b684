"""Contacts for screens and API: pages, search, one person, tags, lists, imports."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
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
from masteria.queries.paging import Page, checked_limit, decode, moment_and_id, page_of

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


@dataclass(frozen=True, slots=True)
class NamedCount:
    """A tag or list, and how many people it holds."""

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
    sort: str = "newest",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[ContactRow]:
    """A page, `newest` first or by `name`. `q` finds beginnings of words and of addresses, and digits of numbers."""
    work.require(Permission.READ_CONTACTS)
    if sort not in ("newest", "name"):
        raise Invalid("sort", "unknown_value")
    values = {**_filters(q, tag, list_id), **_after(sort, cursor), "sort": sort, "limit": checked_limit(limit) + 1}
    rows = work.execute(f"{_SELECT} from app.find_contacts({_FILTERS}, :sort, {_AFTER}, :limit) c", values)
    order = (lambda r: [r.created_at, r.id]) if sort == "newest" else (lambda r: [r.name, r.id])
    return page_of([ContactRow(*row) for row in rows], limit, order)


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
    """One person, with the names of the lists they stand in."""
    work.require(Permission.READ_CONTACTS)
    query = f"{_SELECT} from contact c where c.company_id = :company and c.id = :id"
    row = work.execute(query, {"company": work.company_id, "id": contact_id}).first()
    if row is None:
        raise NotFound("contact")
    names = work.execute(
        """select l.name from contact_list l join list_member m on m.list_id = l.id
           where m.contact_id = :id order by l.name""",
        {"id": contact_id},
    )
    return ContactRow(*row, lists=list(names.scalars()))


def tags(work: Work) -> list[NamedCount]:
    """Every tag in use, the most used first."""
    work.require(Permission.READ_CONTACTS)
    rows = work.execute(
        """select t, t, count(*) from contact c, unnest(c.tags) t where c.company_id = :company
           group by t order by count(*) desc, t limit 500""",
        {"company": work.company_id},
    )
    return [NamedCount(*row) for row in rows]


def lists(work: Work) -> list[NamedCount]:
    """Every list, by name."""
    work.require(Permission.READ_CONTACTS)
    rows = work.execute(
        """select cast(l.id as text), l.name, (select count(*) from list_member m where m.list_id = l.id)
           from contact_list l where l.company_id = :company order by l.name limit 500""",
        {"company": work.company_id},
    )
    return [NamedCount(*row) for row in rows]


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


def imports(work: Work, limit: int = 20) -> list[ImportRow]:
    """The newest imports."""
    work.require(Permission.READ_CONTACTS)
    query = work.select(ImportBatch).order_by(ImportBatch.created_at.desc()).limit(limit)  # pyright: ignore[reportAttributeAccessIssue]
    return [_import_row(batch) for batch in work.session.exec(query)]


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


def _after(sort: str, cursor: str | None) -> dict[str, Any]:
    """Where the last page ended; `Invalid("cursor")` for a cursor of the other order."""
    none: dict[str, Any] = {"at": None, "name": None, "after": None}
    if sort == "newest":
        return {**none, **(moment_and_id(cursor) or {})}
    values = decode(cursor, 2)
    if values is None:
        return none
    try:
        return {"at": None, "name": storable_text(values[0], 200), "after": UUID(values[1])}
    except ValueError:
        raise Invalid("cursor", "unreadable") from None


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
_AFTER = "cast(:at as timestamptz), :name, cast(:after as uuid)"
