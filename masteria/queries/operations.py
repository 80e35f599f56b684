"""What waits, over all companies: counts and times for metrics, never content."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from masteria.core.work import work_across
from masteria.queries.campaigns import GROUPS


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
        sums = database.execute(sa.text(_RECIPIENTS)).one()  # pyright: ignore[reportDeprecated]
    return Backlog(
        webhooks or 0, float(lag or 0), {group: count or 0 for group, count in zip(GROUPS, sums, strict=True)}
    )


_LAG = """select extract(epoch from now() - min(least(
    (select min(due_at) from recipient r where r.campaign_id = c.id), now())))
  from campaign c where c.state = 'running'"""
_RECIPIENTS = f"""select {", ".join(f"sum(t.{group})" for group in GROUPS)}
  from campaign c join campaign_tally t on t.campaign_id = c.id and t.company_id = c.company_id
  where c.state = 'running'"""
