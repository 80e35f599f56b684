"""Many contacts at once from a program: the import's own set-based merge, without a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from masteria.actions import activity, imports
from masteria.actions.imports import Counts, Staged
from masteria.core.work import Work
from masteria.enums import Happened, ImportStatus, Permission, Topic
from masteria.kit.errors import Invalid
from masteria.kit.phone import read_phone
from masteria.models import ImportBatch

MOST = 1000


@dataclass(frozen=True, slots=True)
class Person:
    """One contact as a program knows it; `phone` in any spelling."""

    phone: str
    name: str = ""
    email: str | None = None
    language: str | None = None
    tags: list[str] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Brought:
    """What became of them; `rejected` names those without a usable number by place (from 0) and reason."""

    counts: Counts
    rejected: tuple[tuple[int, str], ...]


def bring(work: Work, people: Sequence[Person], options: dict[str, Any]) -> Brought:
    """Create or update them in one merge; `options` as those of an import (`on_match`, `tags`, `list`)."""
    work.require(Permission.EDIT_CONTACTS)
    options = imports.check_options(options)
    if len(people) > MOST:
        raise Invalid("contacts", "too_many", limit=MOST)
    good, bad = _read(people)
    with imports.staging(work) as cursor:
        imports.stage(cursor, good)
    counts = imports.merge(work, options)
    bad = sorted([*bad, *((place, imports.OVER_QUOTA) for place in imports.over_quota(work))])
    # what a file leaves behind, so that the list of imports tells of these people too
    batch = work.add(ImportBatch(file_name="API", file_key="", options=options, status=ImportStatus.DONE))
    batch.total = batch.processed = len(people)
    batch.created, batch.updated, batch.skipped = counts.created, counts.updated, counts.skipped
    batch.rejected, batch.repeats = len(bad), counts.repeats
    work.session.flush()
    activity.record(work, batch, Happened.IMPORT_FINISHED, created=counts.created, updated=counts.updated)
    work.announce(Topic.CONTACT, batch.id)
    return Brought(counts, tuple(bad))


def _read(people: Sequence[Person]) -> tuple[list[Staged], list[tuple[int, str]]]:
    good: list[Staged] = []
    bad: list[tuple[int, str]] = []
    for place, person in enumerate(people):
        number = read_phone(person.phone)
        if number is None:
            bad.append((place, "phone_unusable"))
            continue
        good.append(_staged(place, number.e164, number.match_key, person))
    return good, bad


def _staged(place: int, phone: str, match_key: str, person: Person) -> Staged:
    email = (person.email or "").strip().lower()
    return Staged(
        place,
        phone,
        match_key,
        " ".join(person.name.split())[:200],
        email[:254] if "@" in email else "",
        (person.language or "")[:16],
        [tag for text in person.tags if (tag := " ".join(text.split())[:64])],
        {key[:64]: value for key, value in person.attributes.items()},
    )
