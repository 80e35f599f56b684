"""Contacts from a file: a batch row that can be watched, a staging table, and one set-based merge.

Everything that a file changes is one transaction: killed half-way it leaves nothing, and whoever takes it up again
starts over. Only progress is told in between, half of it for reading, half for merging.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import col

from masteria.actions import activity, quotas
from masteria.core.jobs import Job
from masteria.core.work import Work
from masteria.enums import Happened, ImportStatus, Permission, Quota, Topic
from masteria.kit.clock import now
from masteria.kit.columns import FIELDS
from masteria.kit.errors import Conflict, Invalid, NotFound
from masteria.kit.ids import new_id
from masteria.kit.storable import storable, storable_text
from masteria.models import ContactList, ImportBatch

LEASE_SECONDS = 120
SLICE = 20_000  # people merged between two signs of life
OVER_QUOTA = "quota_contacts"
OPTIONS = frozenset({"dry_run", "on_match", "tags", "list"})


@dataclass(frozen=True, slots=True)
class Staged:
    """A row of the file that has a usable number."""

    line: int
    phone: str
    match_key: str
    name: str
    email: str
    language: str
    tags: list[str]
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True)
class Counts:
    """What a file did, or would do. `skipped` holds repeats within the file and people it changes nothing about."""

    total: int
    created: int
    updated: int
    skipped: int
    rejected: int
    repeats: int


def start(work: Work, file_name: str, key: str, mapping: dict[str, str], options: dict[str, Any]) -> UUID:
    """Put a stored file in line, once however often it is asked for. `Invalid` for unknown options or fields."""
    work.require(Permission.EDIT_CONTACTS)
    check_mapping(mapping)
    options, mapping, file_name = check_options(options), storable(mapping), storable_text(file_name, 255)
    if not key.startswith(work.company_id.hex):
        raise NotFound("file")
    # a double click waits here for the first one
    work.execute("select pg_advisory_xact_lock(hashtextextended(:key, 0))", {"key": key})
    waiting = work.select(ImportBatch).where(
        ImportBatch.file_key == key,
        col(ImportBatch.status).in_([ImportStatus.QUEUED, ImportStatus.RUNNING]),
    )
    if known := work.session.exec(waiting).first():
        return known.id
    batch = work.add(ImportBatch(file_name=file_name, file_key=key, mapping=mapping, options=options))
    work.session.flush()
    activity.record(work, batch, Happened.IMPORT_STARTED, file=file_name)
    work.later(Job.IMPORT_CONTACTS, work.company_id, batch.id)
    work.announce(Topic.IMPORT, batch.id)
    return batch.id


def files_in_line(work: Work) -> set[str]:
    """The keys of files that somebody started and that are not done."""
    found = work.execute(
        "select file_key from import_batch where company_id = :company and status in ('queued', 'running')",
        {"company": work.company_id},
    )
    return set(found.scalars())


def claim(work: Work, import_id: UUID) -> ImportBatch | None:
    """Ours for two minutes, or None: done, or another worker's."""
    done = work.execute(
        """update import_batch set status = 'running', processed = 0,
             lease_until = now() + make_interval(secs => :lease)
           where company_id = :company and id = :id and status in ('queued', 'running')
             and (lease_until is null or lease_until < now())""",
        {"company": work.company_id, "id": import_id, "lease": LEASE_SECONDS},
    )
    if not done.rowcount:
        return None
    work.announce(Topic.IMPORT, import_id)
    return work.get(ImportBatch, import_id)


def progress(work: Work, import_id: UUID, processed: int, total: int) -> None:
    """Still alive, and this far."""
    work.execute(
        """update import_batch set processed = :processed, total = :total,
             lease_until = now() + make_interval(secs => :lease)
           where company_id = :company and id = :id and status = 'running'""",
        {
            "company": work.company_id,
            "id": import_id,
            "processed": processed,
            "total": total,
            "lease": LEASE_SECONDS,
        },
    )
    work.announce(Topic.IMPORT, import_id)


def give_back(work: Work, import_id: UUID) -> None:
    """Another worker may have it at once; nothing of it was written."""
    work.execute(
        """update import_batch set status = 'queued', lease_until = null, processed = 0
           where company_id = :company and id = :id and status = 'running'""",
        {"company": work.company_id, "id": import_id},
    )
    work.later(Job.IMPORT_CONTACTS, work.company_id, import_id)


def fail(work: Work, import_id: UUID, reason: str) -> None:
    """The file could not be used; nothing of it was written."""
    batch = work.get(ImportBatch, import_id, lock=True)
    if batch.status != ImportStatus.RUNNING:
        return
    batch.status, batch.error, batch.lease_until = ImportStatus.FAILED, reason[:500], None
    batch.processed, batch.finished_at = 0, now()
    activity.record(work, batch, Happened.IMPORT_FINISHED, error=reason[:200])
    work.announce(Topic.IMPORT, import_id)


@contextmanager
def staging(work: Work) -> Iterator[Any]:
    """Temporary tables of this transaction; yields the database cursor to copy into them."""
    work.execute(_STAGE)
    work.execute(_REJECTS)
    with copying(work) as cursor:
        yield cursor


@contextmanager
def copying(work: Work) -> Iterator[Any]:
    """The database cursor of this transaction."""
    driver = work.session.connection().connection.driver_connection
    with driver.cursor() as cursor:  # pyright: ignore[reportOptionalMemberAccess, reportUnknownMemberType]
        yield cursor


def stage(cursor: Any, rows: Iterable[Staged]) -> None:
    """Copy usable rows, without what PostgreSQL cannot hold."""
    with cursor.copy("copy stage from stdin") as copy:
        for r in rows:
            texts = (storable_text(text) for text in (r.name, r.email, r.language))
            tags = [storable_text(tag) for tag in r.tags]
            attributes = json.dumps(storable(r.attributes), ensure_ascii=False)
            copy.write_row((r.line, r.phone, r.match_key, *texts, tags, attributes))


def stage_rejects(cursor: Any, rows: Iterable[tuple[int, str, list[str]]]) -> None:
    """Copy lines that cannot be taken: number, reason, cells."""
    with cursor.copy("copy rejects from stdin") as copy:
        for row in rows:
            copy.write_row(row)


def over_quota(work: Work) -> list[int]:
    """The lines that the company's quota left out, taken from the rejects: whoever read the file knows their cells."""
    gone = work.execute("delete from rejects where reason = :reason returning line", {"reason": OVER_QUOTA})
    return sorted(gone.scalars())


def merge(work: Work, options: dict[str, Any], told: Callable[[int, int], None] = lambda done, of: None) -> Counts:
    """From the staging table into contacts: new people, new values of mapped fields, more tags; nothing is blanked.

    In slices, in the order of the numbers, so that two merges never wait for each other in a ring; `told` hears how
    many people of how many are done.
    """
    staged, rejected = work.execute("select (select count(*) from stage), (select count(*) from rejects)").one()
    values = {"company": work.company_id, "tags": list(options.get("tags") or []), "list": None}
    people = work.execute(_JOIN_REPEATS, values).rowcount
    work.execute("analyze people")
    if options.get("list"):
        values["list"] = _list(work, str(options["list"]))
    created = updated = 0
    room = quotas.room(work, Quota.CONTACTS)
    for after in range(0, people, SLICE):
        part = {**values, "after": after, "upto": after + SLICE}
        if options.get("on_match", "update") != "skip":
            updated += work.execute(_UPDATE, part).rowcount
        part["room"] = None if room is None else max(0, room.left - created)
        created += work.execute(_INSERT, part).rowcount
        if values["list"]:
            work.execute(_INTO_LIST, part)
        told(min(after + SLICE, people), people)
    over = work.execute(_OVER, values).rowcount if room is not None and created >= room.left else 0
    left_alone = staged - created - updated - over
    return Counts(staged + rejected, created, updated, left_alone, rejected + over, staged - people)


@contextmanager
def taken_back(work: Work) -> Iterator[None]:
    """What is merged in here is undone at its end: a rehearsal counts by doing."""
    point = work.session.begin_nested()
    try:
        yield
    finally:
        point.rollback()


def finish(work: Work, import_id: UUID, counts: Counts, columns: Sequence[str]) -> None:
    """In the same transaction as the merge. `Conflict` if another worker was faster: then all of this is undone."""
    batch = work.get(ImportBatch, import_id, lock=True)
    if batch.status != ImportStatus.RUNNING:
        raise Conflict("import_done")
    work.execute(
        """insert into import_reject (company_id, import_id, line, reason, cells)
           select :company, :id, line, reason, cells from rejects""",
        {"company": work.company_id, "id": import_id},
    )
    batch.columns = list(columns)
    batch.total = batch.processed = counts.total
    batch.created, batch.updated, batch.skipped = counts.created, counts.updated, counts.skipped
    batch.rejected, batch.repeats, batch.lease_until = counts.rejected, counts.repeats, None
    batch.status, batch.finished_at = ImportStatus.DONE, now()
    activity.record(work, batch, Happened.IMPORT_FINISHED, created=counts.created, updated=counts.updated)
    work.announce(Topic.IMPORT, batch.id)
    work.announce(Topic.CONTACT, batch.id)


def check_mapping(mapping: dict[str, str]) -> None:
    """Fields are the known ones, `attributes.<key>`, or empty for a column to leave out; one must be the phone."""
    for column, field in mapping.items():
        attribute = field.removeprefix("attributes.") if field.startswith("attributes.") else ""
        if field and field not in FIELDS and not attribute:
            raise Invalid("mapping", "unknown_field", field=f"{column}={field}")
    if mapping and "phone" not in mapping.values():
        raise Invalid("mapping", "phone_missing")


def check_options(options: dict[str, Any]) -> dict[str, Any]:
    """The options with tidy tags; `Invalid` for one that does not exist or is of the wrong kind."""
    unknown = sorted(options.keys() - OPTIONS)
    if unknown:
        raise Invalid(f"options.{unknown[0]}", "unknown_field")
    if options.get("on_match", "update") not in ("update", "skip"):
        raise Invalid("options.on_match", "unknown_value")
    for name, kind in (("dry_run", bool), ("tags", list), ("list", str)):
        if not isinstance(options.get(name) or kind(), kind):
            raise Invalid(f"options.{name}", "unreadable")
    tags = [" ".join(storable_text(str(t)).split())[:64] for t in options.get("tags") or []]
    return {**storable(options), "tags": [t for t in dict.fromkeys(tags) if t]}


def _list(work: Work, name: str) -> UUID:
    name = " ".join(name.split())[:120]
    work.execute(
        """insert into contact_list (id, company_id, created_at, changed_at, name)
           values (:id, :company, now(), now(), :name) on conflict (company_id, name) do nothing""",
        {"id": new_id(), "company": work.company_id, "name": name},
    )
    return work.session.exec(work.select(ContactList).where(ContactList.name == name)).one().id


_STAGE = """create temporary table stage (line int, phone text, match_key text, name text, email text, language text,
    tags text[], attributes jsonb) on commit drop"""
_REJECTS = "create temporary table rejects (line int, reason text, cells text[]) on commit drop"
# repeats of one number become one person: the first line that says something wins, tags add up
_JOIN_REPEATS = """create temporary table people on commit drop as
  with facts as (select match_key, jsonb_object_agg(e.key, e.value order by s.line desc) as attributes
    from stage s, jsonb_each(s.attributes) e group by match_key),
  marks as (select match_key, array_agg(distinct tag) as tags
    from (select match_key, unnest(tags || cast(:tags as text[])) as tag from stage) t group by match_key)
  select row_number() over (order by s.match_key) as n, min(s.line) as line, s.match_key,
    (array_agg(s.phone order by s.line))[1] as phone,
    coalesce((array_agg(s.name order by s.line) filter (where s.name <> ''))[1], '') as name,
    (array_agg(s.email order by s.line) filter (where s.email <> ''))[1] as email,
    (array_agg(s.language order by s.line) filter (where s.language <> ''))[1] as language,
    coalesce(min(marks.tags), '{}') as tags, coalesce(facts.attributes, '{}') as attributes
  from stage s left join facts using (match_key) left join marks using (match_key)
  group by s.match_key, facts.attributes"""
_UPDATE = """update contact c set name = coalesce(nullif(p.name, ''), c.name), email = coalesce(p.email, c.email),
    language = coalesce(p.language, c.language), attributes = c.attributes || p.attributes,
    tags = case when c.tags @> p.tags then c.tags
      else array(select distinct t from unnest(c.tags || p.tags) t order by t) end, changed_at = now()
  from people p where c.company_id = :company and c.match_key = p.match_key and p.n > :after and p.n <= :upto
    and ((p.name <> '' and p.name <> c.name) or (p.email is not null and p.email is distinct from c.email)
      or (p.language is not null and p.language is distinct from c.language)
      or not c.attributes @> p.attributes or not c.tags @> p.tags)"""
# each a microsecond before the one above it in the file, so that the newest first are in the file's order
_INSERT = """insert into contact (id, company_id, created_at, changed_at, phone, match_key, name, email, language, tags,
    attributes, consent_whatsapp)
  select uuidv7(), :company, now() - p.line * interval '1 microsecond', now(), p.phone, p.match_key, p.name,
    p.email, p.language, p.tags, p.attributes, 'unknown'
  from people p where p.n > :after and p.n <= :upto and (cast(:room as bigint) is null
    or not exists (select from contact c where c.company_id = :company and c.match_key = p.match_key))
  order by p.n limit :room on conflict (company_id, match_key) do nothing"""
# who found no place in the company's quota
_OVER = f"""insert into rejects (line, reason, cells) select p.line, '{OVER_QUOTA}', '{{}}' from people p
  where not exists (select from contact c where c.company_id = :company and c.match_key = p.match_key)"""
_INTO_LIST = """insert into list_member (company_id, list_id, contact_id)
  select :company, :list, c.id from contact c join people p on p.match_key = c.match_key
  where c.company_id = :company and p.n > :after and p.n <= :upto order by c.id on conflict do nothing"""
