"""What the timetable does: look at the rows as if no bell had ever rung."""

from __future__ import annotations

import logging
from collections import defaultdict
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from masteria import storage
from masteria.actions import campaigns, imports, leases, sending, tally
from masteria.config import settings
from masteria.core import months
from masteria.core.access import Actor
from masteria.core.jobs import Job, ring
from masteria.core.work import Work, work_across, work_as
from masteria.enums import Topic
from masteria.flows.journal import forget_earlier_runs
from masteria.kit.clock import now

log = logging.getLogger(__name__)


def sweep() -> None:
    """Take back what killed workers left, start and finish campaigns, ring what Redis forgot. Any number may run."""
    with work_across() as database:
        late = _ids(database, _LATE)
        due = _ids(database, _DUE)
        cancelled = _ids(database, _CANCELLED)
        done = _ids(database, _DONE)
        loose = _ids(database, _LOOSE)
        waiting = {job for job, query in _WAITING.items() if database.scalar(sa.text(query))}
        files = _ids(database, _IMPORTS)
    for company_id in {company_id for company_id, _ in late}:
        with _company(company_id) as work:
            taken = leases.take_back(work)
        log.info("took back %d messages of a worker that is gone", taken)
    for company_id, campaign_id in due:
        with _company(company_id) as work:
            campaigns.start_due(work, campaign_id)
    for company_id, campaign_id in cancelled:
        with _company(company_id) as work:
            sending.skip_rest(work, campaign_id)
            work.announce(Topic.CAMPAIGN, campaign_id)
    for company_id, campaign_id in done:
        with _company(company_id) as work:
            campaigns.finish(work, campaign_id)
    for company_id, campaign_id in loose:
        with _company(company_id) as work:
            tally.fold(work, campaign_id)
    for job in waiting:
        ring(job)
    for company_id, import_id in files:
        ring(Job.IMPORT_CONTACTS, str(company_id), str(import_id))


def tidy() -> None:
    """Throw away what is kept for a time only."""
    forget_earlier_runs()
    months.prepare()
    months.drop_before("intake", settings().keep_webhooks_months, keep_if="state <> 'done'")
    if settings().keep_messages_months:
        months.drop_before("message", settings().keep_messages_months)
    with work_across() as database:
        for statement in _OLD:
            database.execute(sa.text(statement))  # pyright: ignore[reportDeprecated]
    _tidy_files()


def _tidy_files() -> None:
    """Contact files that were brought and never started, or failed: gone a day later. Those in line stay.

    One that is started in this very moment fails, and says that the file must be brought again.
    """
    old: defaultdict[UUID, list[str]] = defaultdict(list)
    for key in storage.contact_files(before=now() - timedelta(hours=24)):
        old[storage.company_of(key)].append(key)
    for company_id, keys in old.items():
        with _company(company_id) as work:
            in_line = imports.files_in_line(work)
        for key in set(keys) - in_line:
            storage.delete(key)


def _company(company_id: UUID) -> AbstractContextManager[Work]:
    return work_as(Actor.system(company_id))


def _ids(database: Session, query: str) -> list[tuple[UUID, UUID]]:
    return [tuple(row) for row in database.execute(sa.text(query))]  # pyright: ignore[reportDeprecated, reportReturnType]


_LATE = "select company_id, id from lease where until < now()"
_DUE = "select company_id, id from campaign where state = 'scheduled' and due_at <= now()"
# an answer that came after the cancel may have put somebody back into the queue
_CANCELLED = """select c.company_id, c.id from campaign c where c.state = 'cancelled'
    and exists (select from recipient r where r.campaign_id = c.id and r.due_at is not null)"""
_DONE = """select c.company_id, c.id from campaign c where c.state = 'running'
    and not exists (select from recipient r where r.campaign_id = c.id and r.due_at is not null)
    and not exists (select from lease l where l.company_id = c.company_id and l.subject_id = c.id)"""
_LOOSE = """select distinct company_id, campaign_id from campaign_tally
    where not folded and at < now() - interval '1 minute'"""
_IMPORTS = """select company_id, id from import_batch where status in ('queued', 'running')
    and (lease_until is null or lease_until < now())"""
_WAITING = {
    Job.SEND_CAMPAIGNS: """select exists (select from campaign c join recipient r on r.campaign_id = c.id
        where c.state = 'running' and c.company_id not in (select id from company where suspended_at is not null)
          and (c.held_until is null or c.held_until <= now()) and r.due_at <= now())""",
    Job.SEND_MESSAGES: """select exists (select from message where due_at <= now()
        and company_id not in (select id from company where suspended_at is not null))""",
    Job.READ_INTAKE: "select exists (select from intake where state = 'waiting')",
    Job.SEND_MAIL: "select exists (select from mail where state = 'queued' and due_at <= now())",
}
_OLD = (
    "delete from idempotency_key where created_at < now() - interval '24 hours'",
    "delete from session where expires_at < now() - interval '30 days'",
    "delete from refresh_token where expires_at < now() - interval '30 days'",
    "delete from ticket where expires_at < now() - interval '30 days'",
    "delete from mail where state <> 'queued' and created_at < now() - interval '30 days'",
    # a vendor repeats itself for seven days at most
    "delete from message_key where created_at < now() - interval '30 days'",
    "delete from stray_status where created_at < now() - interval '14 days'",
    "delete from portfolio_person where at < now() - interval '24 hours'",
)
