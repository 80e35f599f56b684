"""What waits, over all companies: counts and times for metrics, never content."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from masteria.core.work import work_across


@dataclass(frozen=True, slots=True)
class Backlog:
    """Webhook bodies not yet read, the longest wait of a due message, and recipients of running campaigns by state."""

    webhooks: int
    lag_seconds: float
    recipients: dict[str, int]


def backlog() -> Backlog:
    """The installation as it stands; asks only the columns that the ops role may see."""
    with work_across() as database:
        webhooks = database.scalar(sa.text("select count(*) from intake where state = 'waiting'"))
        lag = database.scalar(sa.text(_LAG))
        rows = database.execute(sa.text(_RECIPIENTS)).all()  # pyright: ignore[reportDeprecated]
    return Backlog(webhooks or 0, float(lag or 0), {row[0]: row[1] for row in rows})


_LAG = """select extract(epoch from now() - min(least(
    (select min(due_at) from recipient r where r.campaign_id = c.id and r.state = 'queued'), now())))
  from campaign c where c.state = 'running'"""
_RECIPIENTS = """select r.state, count(*) from campaign c join recipient r on r.campaign_id = c.id
  where c.state = 'running' group by 1"""
