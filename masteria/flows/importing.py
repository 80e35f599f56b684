"""Reading a file of contacts: what its columns mean, a rehearsal, and the import itself."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.exc import OperationalError

from masteria import storage
from masteria.actions import imports
from masteria.actions.imports import Counts, Staged
from masteria.core.access import Actor
from masteria.core.jobs import stopping
from masteria.core.work import Work, work_as
from masteria.enums import Permission
from masteria.kit.columns import guess, split_tags
from masteria.kit.errors import Conflict, Forbidden, Invalid
from masteria.kit.phone import read_phone
from masteria.kit.tables import Table, open_table
from masteria.models import ImportBatch

log = logging.getLogger(__name__)
CHUNK = 5000
NOTHING = Counts(0, 0, 0, 0, 0, 0)
Reject = tuple[int, str, list[str]]
Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file looks like: its columns with the guessed field of each, and its first rows."""

    columns: tuple[str, ...]
    mapping: dict[str, str]
    sample: list[list[str]]
    encoding: str
    delimiter: str


def preview(path: Path) -> Preview:
    """Look at a file without importing it."""
    table = open_table(path)
    sample = [cells for _, cells in islice(table.rows(), 5)]
    return Preview(table.header, guess(table.header), sample, table.encoding, table.delimiter)


def start(actor: Actor, name: str, key: str, mapping: dict[str, str], options: dict[str, Any]) -> UUID:
    """Put a kept file in line. `mapping` corrects what the columns' names say; a file that is no table is `Invalid`."""
    if not actor.may(Permission.EDIT_CONTACTS):
        raise Forbidden(Permission.EDIT_CONTACTS)
    _, mapping = _understood(storage.path_of(key), mapping)
    with work_as(actor) as work:
        return imports.start(work, name, key, mapping, options)


def import_file(
    actor: Actor, path: Path, mapping: dict[str, str], options: dict[str, Any]
) -> tuple[UUID | None, Counts]:
    """The command line's way: keep the file, import it here and now; a rehearsal keeps nothing."""
    if not actor.may(Permission.EDIT_CONTACTS):
        raise Forbidden(Permission.EDIT_CONTACTS)
    table, mapping = _understood(path, mapping)
    if options.get("dry_run"):
        options = imports.check_options(options)
        with work_as(actor) as work:
            _stage(work, table, mapping, _nobody)
            return None, _merged(work, options, _nobody)
    with path.open("rb") as stream:
        key = storage.put(stream, path.suffix, company_id=actor.company_id)
    with work_as(actor) as work:
        import_id = imports.start(work, path.name, key, mapping, options)
        work.rung.clear()
    return import_id, import_contacts(actor, import_id)


def import_contacts(actor: Actor, import_id: UUID) -> Counts:
    """Take the batch if it is free and carry it through; a file that cannot be used fails with its reason.

    A worker that is asked to stop gives it back; one that is killed, or loses the database, leaves it to its lease.
    """
    with work_as(actor) as work:
        batch = imports.claim(work, import_id)
    if batch is None:
        return NOTHING
    try:
        counts = _carried(actor, batch)
    except _Stopped:
        with work_as(actor) as work:
            imports.give_back(work, import_id)
        return NOTHING
    except Conflict:
        log.info("import %s was finished by another worker", import_id)
        return NOTHING
    except OperationalError:
        raise
    except Exception as error:
        with work_as(actor) as work:
            imports.fail(work, import_id, _reason(error))
        raise
    storage.delete(batch.file_key)
    return counts


class _Stopped(Exception):
    """This process was asked to end."""


def _reason(error: Exception) -> str:
    if isinstance(error, Invalid):
        return error.reason
    return "file_gone" if isinstance(error, FileNotFoundError) else "other"


def _nobody(done: int, of: int) -> None:
    """Progress that nobody watches."""


def _carried(actor: Actor, batch: ImportBatch) -> Counts:
    """Read, merge and settle in one transaction; signs of life in small ones beside it."""
    table, mapping = _understood(storage.path_of(batch.file_key), batch.mapping)
    total = table.lines()

    def sign(processed: int) -> None:
        if stopping.is_set():
            raise _Stopped
        with work_as(actor) as beside:
            imports.progress(beside, batch.id, min(processed, total), total)

    with work_as(actor) as work:
        _stage(work, table, mapping, lambda done, _of: sign(done // 2))
        counts = _merged(work, batch.options, lambda done, of: sign((total + total * done // of) // 2))
        _tell_over_quota(work, table)
        imports.finish(work, batch.id, counts, table.header)
    return counts


def _tell_over_quota(work: Work, table: Table) -> None:
    """Whom the quota left out goes into the list of lines to bring again, as the file has them."""
    lines = set(imports.over_quota(work))
    if lines:
        with imports.copying(work) as cursor:
            imports.stage_rejects(cursor, ((n, imports.OVER_QUOTA, cells) for n, cells in table.rows() if n in lines))


def _merged(work: Work, options: dict[str, Any], told: Told) -> Counts:
    if not options.get("dry_run"):
        return imports.merge(work, options, told)
    with imports.taken_back(work):
        return imports.merge(work, options, told)


def _understood(path: Path, mapping: dict[str, str]) -> tuple[Table, dict[str, str]]:
    table = open_table(path)
    wanted = {**guess(table.header), **mapping}
    missing = sorted(set(mapping) - set(table.header))
    if missing:
        raise Invalid("mapping", "unknown_column", column=missing[0])
    imports.check_mapping(wanted)
    return table, wanted


def _stage(work: Work, table: Table, mapping: dict[str, str], told: Told) -> None:
    """Normalise in chunks on the way in; the phone numbers are what it costs."""
    plan = [(number, mapping[column]) for number, column in enumerate(table.header) if mapping.get(column)]
    done = 0
    with imports.staging(work) as cursor:
        rows = table.rows()
        while chunk := list(islice(rows, CHUNK)):
            good, bad = _read(chunk, plan)
            imports.stage(cursor, good)
            imports.stage_rejects(cursor, bad)
            done += len(chunk)
            told(done, done)


def _read(chunk: list[tuple[int, list[str]]], plan: list[tuple[int, str]]) -> tuple[list[Staged], list[Reject]]:
    good, bad = [], []
    for line, cells in chunk:
        found = _row(line, cells, plan)
        if isinstance(found, Staged):
            good.append(found)
        else:
            bad.append((line, found, cells))
    return good, bad


def _row(line: int, cells: list[str], plan: list[tuple[int, str]]) -> Staged | str:
    """The row as a person, or the reason why not."""
    values = {field: list(_values(cells, plan, field)) for field in ("name", "phone", "email", "tags", "language")}
    phones = [p for cell in values["phone"] for p in map(read_phone, _several(cell)) if p]
    if not phones:
        return "phone_unusable" if values["phone"] else "phone_missing"
    attributes = {f.removeprefix("attributes."): cells[n] for n, f in plan if f.startswith("attributes.") and cells[n]}
    return Staged(
        line,
        phones[0].e164,
        phones[0].match_key,
        " ".join(" ".join(values["name"]).split())[:200],
        next((e.lower()[:254] for cell in values["email"] for e in _several(cell) if "@" in e), ""),
        next(iter(values["language"]), "")[:16],
        [tag for cell in values["tags"] for tag in split_tags(cell)],
        attributes,
    )


def _several(cell: str) -> list[str]:
    """`11 98765-4321 / 3222-1000`, or Google's `a ::: b`: what people and exports put into one cell."""
    return [part for part in re.split(r":::|[/;,|\n]", cell) if part.strip()]


def _values(cells: list[str], plan: list[tuple[int, str]], field: str) -> Iterator[str]:
    return (cells[number] for number, wanted in plan if wanted == field and cells[number])
