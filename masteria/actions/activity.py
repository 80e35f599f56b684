"""The one record of what happened: feed, audit, webhooks and automations all read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from masteria.core.access import Actor
from masteria.core.work import Work
from masteria.enums import Happened
from masteria.kit.clock import now
from masteria.kit.ids import new_id
from masteria.models import Activity, Owned
from masteria.models.base import Row

Changes = Mapping[str, tuple[Any, Any]]  # by column: before, after


def record(work: Work, subject: Row, happened: Happened, *, row: Row | None = None, **details: Any) -> None:
    """Write down that this happened to `subject`; details carry no secrets and no message text.

    What a person or program changed in it is added by `core/audit.py`; `row` is what changed if not the subject itself.
    """
    entry = Activity(**_row(work, subject, happened, details))
    work.session.add(entry)
    if work.watch is not None:
        work.watch.expect(entry, row or subject)


def record_about(work: Work, kind: str, subject_id: UUID, happened: Happened, **details: Any) -> None:
    """The same for what has no row here to change: a person, a key at a shut door, a program's tokens."""
    work.session.add(Activity(**_entry(work.actor, work.company_id, (kind, subject_id), happened, details)))


def record_all(work: Work, subjects: Iterable[Owned], happened: Happened, **details: Any) -> None:
    """The same happened to all of these: one statement."""
    record_each(work, [(subject, details) for subject in subjects], happened)


def record_each(work: Work, found: Iterable[tuple[Owned, dict[str, Any]]], happened: Happened) -> None:
    """The same happened to all of these, each with details of its own: one statement."""
    rows = [
        {**_row(work, subject, happened, details), "id": new_id(), "created_at": now()} for subject, details in found
    ]
    if rows:
        work.session.execute(sa.insert(Activity), rows)  # pyright: ignore[reportDeprecated]


def record_across(
    database: Session,
    actor: Actor,
    company_id: UUID,
    subject: Row,
    happened: Happened,
    changes: Changes,
    **details: Any,
) -> None:
    """In a company that the actor does not work in: what the installation changed there, said by whoever changed it."""
    kind = "support" if actor.is_support else "operator"
    before = {name: old for name, (old, _) in changes.items()}
    after = {name: new for name, (_, new) in changes.items()}
    about = (str(subject.__tablename__), subject.id)
    row = _entry(replace(actor, kind=kind), company_id, about, happened, details)
    database.add(Activity(**row, before=before, after=after))


def _row(work: Work, subject: Row, happened: Happened, details: dict[str, Any]) -> dict[str, Any]:
    return _entry(work.actor, work.company_id, (str(subject.__tablename__), subject.id), happened, details)


def _entry(
    actor: Actor, company_id: UUID, about: tuple[str, UUID], happened: Happened, details: dict[str, Any]
) -> dict[str, Any]:
    kind, subject_id = about
    return {
        "company_id": company_id,
        "happened": happened,
        "subject_kind": kind,
        "subject_id": subject_id,
        "actor_kind": actor.kind,
        "actor_id": actor.person_id or actor.api_key_id,
        "actor_name": actor.name[:120],
        "request_id": actor.request_id,
        "ip": actor.ip,
        "details": details,
    }
