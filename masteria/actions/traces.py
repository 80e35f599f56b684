"""What people do and what is done to them, above companies: written into the trail of every company it concerns.

`activity.record` needs a company's `Work`; this stands in the transaction above companies that makes the change itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import event
from sqlmodel import Session as Database
from sqlmodel import col, select

from masteria.core import live
from masteria.enums import Happened, Topic
from masteria.models import Activity, Member, Owned, Person

STRANGER = "stranger"


def note(
    database: Database,
    person: Person | None,
    happened: Happened,
    subjects: Iterable[Owned],
    *,
    ip: str = "",
    **details: Any,
) -> None:
    """One entry for each subject, in its company, by this person or a stranger. Details carry no secrets."""
    for subject in subjects:
        database.add(
            Activity(
                company_id=subject.company_id,
                happened=happened,
                subject_kind=str(subject.__tablename__),
                subject_id=subject.id,
                actor_kind="person" if person else STRANGER,
                actor_id=person.id if person else None,
                actor_name=person.name[:120] if person else "",
                ip=ip[:64],
                details=details,
            )
        )


def note_everywhere(database: Database, person: Person, happened: Happened, *, ip: str = "", **details: Any) -> None:
    """It concerns the person: every company they belong to is told, with the member as the subject."""
    note(database, person, happened, memberships(database, person.id), ip=ip, **details)


def announce(database: Database, topic: Topic, told: Iterable[tuple[UUID, UUID]]) -> None:
    """Tell open pages once this has committed: of each row its company and its id."""
    rows = list(told)
    event.listen(database, "after_commit", lambda _: tell(topic, rows), once=True)


def tell(topic: Topic, told: Iterable[tuple[UUID, UUID]]) -> None:
    """The same, now."""
    for company_id, row_id in told:
        live.publish(company_id, topic, row_id)


def memberships(database: Database, person_id: UUID) -> list[Member]:
    """Where this person belongs, the oldest first."""
    return list(database.exec(select(Member).where(Member.person_id == person_id).order_by(col(Member.id))))
