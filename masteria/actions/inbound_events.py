"""What a person may do about a webhook's body: have it read again."""

from __future__ import annotations

from uuid import UUID

from masteria.actions import activity
from masteria.core.jobs import Job
from masteria.core.work import Work
from masteria.enums import Happened, IntakeState, Permission, Topic
from masteria.models import Intake


def reprocess(work: Work, event_id: UUID) -> None:
    """Let the drain read a body once more. What it did before is known by its ids and does not happen twice."""
    work.require(Permission.EDIT_CONNECTIONS)
    row = work.get(Intake, event_id, lock=True)
    if row.state != IntakeState.WAITING:
        row.state, row.error, row.processed_at = IntakeState.WAITING, None, None
    activity.record(work, row, Happened.INTAKE_REPROCESSED)
    work.later(Job.READ_INTAKE)
    work.announce(Topic.INTAKE, row.connection_id)
