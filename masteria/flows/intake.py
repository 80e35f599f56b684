"""Reading what webhooks brought: a batch in one transaction; a body that breaks it is tried alone and parked."""

from __future__ import annotations

import logging
from collections import defaultdict
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from masteria.actions import inbox, intake, receipts, templates
from masteria.channels import meta_inbound
from masteria.channels.base import Receipt
from masteria.channels.meta_inbound import Event, InboundMessage, Preference, QualityChanged, TemplateStatusChanged
from masteria.core import jobs
from masteria.core.access import Actor
from masteria.core.work import Work, work_across, work_as

log = logging.getLogger(__name__)
BATCH = 200
STOPPED_MARKETING = "131050"
Body = tuple[UUID, UUID, bytes, datetime]


def read() -> None:
    """Until nothing waits."""
    while not jobs.stopping.is_set():
        with work_across() as database:
            companies = database.scalars(
                sa.text("select distinct company_id from intake where state = 'waiting'")
            ).all()
        if not companies:
            return
        for company_id in companies:
            _read_company(Actor.system(company_id))


def _read_company(actor: Actor) -> None:
    try:
        with work_as(actor) as work:
            bodies = intake.claim(work, BATCH)
            _apply(work, bodies)
    except Exception:
        log.warning("a batch of webhooks could not be applied whole; one by one now", exc_info=True)
        _one_by_one(actor)


def _one_by_one(actor: Actor) -> None:
    for _ in range(BATCH):
        intake_id = None
        try:
            with work_as(actor) as work:
                bodies = intake.claim(work, 1)
                if not bodies:
                    return
                intake_id = bodies[0][0]
                _apply(work, bodies)
        except Exception as error:
            if intake_id is None:
                raise
            log.exception("webhook %s is parked", intake_id)
            with work_as(actor) as work:
                intake.park(work, intake_id, f"{type(error).__name__}: {error}")


def _apply(work: Work, bodies: list[Body]) -> None:
    """Messages first, then statuses merged in one go per connection: their order does not matter."""
    found: dict[UUID, list[Receipt]] = defaultdict(list)
    read_ids: list[UUID] = []
    for intake_id, connection_id, raw, received_at in bodies:
        body = meta_inbound.decode(raw)
        if body is None:
            intake.park(work, intake_id, "not a JSON object")
            continue
        read_ids.append(intake_id)
        for event in meta_inbound.parse(body, received_at):
            if isinstance(event, Receipt):
                found[connection_id].append(event)
            else:
                _happened(work, connection_id, event)
    for connection_id, statuses in sorted(found.items()):
        receipts.merge_statuses(work, connection_id, statuses)
        stopped = [s.opaque for s in statuses if s.error_code == STOPPED_MARKETING and s.opaque]
        if stopped:
            inbox.opt_out_refused(work, stopped)
    intake.done(work, read_ids)


def _happened(work: Work, connection_id: UUID, event: Event) -> None:
    if isinstance(event, InboundMessage):
        inbox.receive(work, connection_id, event)
    elif isinstance(event, Preference):
        inbox.set_preference(work, event.sender, event.user_id, event.value)
    elif isinstance(event, TemplateStatusChanged):
        templates.set_status(work, connection_id, event.external_id, event.status)
    elif isinstance(event, QualityChanged):
        log.info("quality of a number: %s", event.event)
