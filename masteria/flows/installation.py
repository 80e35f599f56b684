"""What the timetable does for the installation: counts what companies hold, ends visits, goes on with deletions."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from masteria.actions import quotas, removal, support
from masteria.core.access import Actor
from masteria.core.jobs import Job, ring
from masteria.core.work import work_across, work_as

COUNTED_MINUTES, AT_ONCE = 10, 50


def look_after() -> None:
    """One round; every part of it can be repeated."""
    end_visits()
    for company_id in removal.asked_for():
        ring(Job.DELETE_COMPANY, str(company_id))
    for company_id in _ids(_UNCOUNTED, minutes=COUNTED_MINUTES, most=AT_ONCE):
        with work_as(Actor.system(company_id)) as work:
            quotas.recount(work)


def end_visits() -> None:
    """Support whose hour is over is out, and the company's people see it."""
    for company_id in _ids(_OVER):
        with work_as(Actor.system(company_id)) as work:
            support.end_due(work)


def _ids(query: str, **values: int) -> list[UUID]:
    with work_across() as database:
        return list(database.scalars(sa.text(query), values))


_OVER = """select distinct company_id from session
    where support_reason is not null and revoked_at is null and expires_at <= now()"""
_UNCOUNTED = """select c.id from company c left join company_usage u on u.company_id = c.id
    where c.deletion_asked_at is null
      and (u.counted_at is null or u.counted_at < now() - make_interval(mins => :minutes))
    order by u.counted_at nulls first limit :most"""
