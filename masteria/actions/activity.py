"""The one record of what happened: feed, audit, webhooks and automations all read it."""

from __future__ import annotations

from typing import Any

from masteria.core.work import Work
from masteria.enums import Happened
from masteria.models import Activity, Owned


def record(work: Work, subject: Owned, happened: Happened, **details: Any) -> None:
    """Write down that this happened to `subject`; details carry no secrets and no message text."""
    actor = work.actor
    work.session.add(
        Activity(
            company_id=work.company_id,
            happened=happened,
            subject_kind=type(subject).__name__.lower(),
            subject_id=subject.id,
            actor_kind=actor.kind,
            actor_id=actor.person_id or actor.api_key_id,
            actor_name=actor.name[:120],
            request_id=actor.request_id,
            ip=actor.ip,
            details=details,
        )
    )
