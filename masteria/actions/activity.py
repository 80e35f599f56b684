"""The one record of what happened: feed, audit, webhooks and automations all read it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from masteria.core.work import Work
from masteria.enums import Happened
from masteria.kit.clock import now
from masteria.kit.ids import new_id
from masteria.models import Activity, Owned
from masteria.models.base import Row


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
    work.session.add(Activity(**_entry(work, kind, subject_id, happened, details)))


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


def _row(work: Work, subject: Row, happened: Happened, details: dict[str, Any]) -> dict[str, Any]:
    return _entry(work, str(subject.__tablename__), subject.id, happened, details)


def _entry(work: Work, kind: str, subject_id: UUID, happened: Happened, details: dict[str, Any]) -> dict[str, Any]:
    actor = work.actor
    return {
        "company_id": work.company_id,
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
