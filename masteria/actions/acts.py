"""What somebody of the installation does to companies and people: one record of it that outlives both."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlmodel import Session

from masteria.actions import activity
from masteria.actions.activity import Changes
from masteria.core.access import Actor
from masteria.enums import Happened
from masteria.models import Company, OperatorAct, Row


def note(
    database: Session, actor: Actor, act: str, subject: str, *, company_id: UUID | None = None, **details: Any
) -> None:
    """Write it down in the installation's own record, in the transaction that does it."""
    database.add(
        OperatorAct(
            act=act,
            actor_id=actor.person_id,
            actor_name=actor.name[:120],
            ip=actor.ip,
            request_id=actor.request_id,
            about_id=company_id,
            subject=subject[:254],
            details=details,
        )
    )


def change(
    database: Session, actor: Actor, company: Company, happened: Happened, changes: Changes, **details: Any
) -> None:
    """Something of a company changed: its own audit trail tells it, and the installation's record."""
    told(database, actor, company.id, company, happened, changes, **details)
    shown = {name: [str(old), str(new)] for name, (old, new) in changes.items() if not name.endswith("_at")}
    note(database, actor, happened, company.name, company_id=company.id, **shown, **details)


def told(
    database: Session,
    actor: Actor,
    company_id: UUID,
    subject: Row,
    happened: Happened,
    changes: Changes,
    **details: Any,
) -> None:
    """In the company's audit trail alone. Times are written as text."""
    plain = {name: (_plain(old), _plain(new)) for name, (old, new) in changes.items()}
    activity.record_across(database, actor, company_id, subject, happened, plain, **details)


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
