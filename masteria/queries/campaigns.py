"""Campaigns for screens and API: the list, one with its counts and speed, and who got what."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from masteria.core.work import Work
from masteria.enums import Permission
from masteria.kit.clock import now
from masteria.kit.errors import Invalid, NotFound
from masteria.kit.tables import harmless
from masteria.models import Campaign
from masteria.models.campaign import GROUPS, Counted
from masteria.queries.filters import narrowed
from masteria.queries.paging import Page, Sorting, by_id, by_name, by_time, checked_limit

MEASURED_SECONDS = 10
CAMPAIGN_SORTS = Sorting(
    "-created_at", {"created_at": by_time("c.created_at"), "name": by_name("c.name")}, by_id("c.id")
)
RECIPIENT_SORTS = Sorting("id", {"id": by_id("r.id")}, by_id("r.id"))


class Counts(Counted):
    """The groups add up to `total`."""

    total: int = 0

    @property
    def done(self) -> int:
        """How many are over, one way or another."""
        return self.total - self.pending - self.sending


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """`rate` is messages a second over the last ten seconds, `eta` when it ends at that speed.

    `held_until` is set while a running campaign rests, for `state_reason`.
    """

    id: UUID
    name: str
    kind: str
    state: str
    state_reason: str | None
    connection_id: UUID
    connection_name: str
    template_id: UUID | None
    template_name: str | None
    body: str
    variables: dict[str, Any]
    audience: dict[str, Any]
    rate_per_second: int | None
    legal_basis: str | None
    created_at: datetime
    due_at: datetime | None
    launched_at: datetime | None
    finished_at: datetime | None
    held_until: datetime | None
    counts: Counts
    rate: float = 0.0
    eta: datetime | None = None


@dataclass(frozen=True, slots=True)
class RecipientRow:
    id: UUID
    contact_id: UUID | None
    name: str
    phone: str | None
    state: str
    reason_code: str | None
    provider_id: str | None
    state_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    failed_at: datetime | None
    replied_at: datetime | None


def list_campaigns(
    work: Work,
    *,
    q: str = "",
    state: str = "",
    connection_id: UUID | None = None,
    sort: str = "",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[CampaignRow]:
    """A page, each with its counts; `q` is part of the name."""
    work.require(Permission.READ_CAMPAIGNS)
    order = CAMPAIGN_SORTS.order(sort, cursor)
    wanted = {"c.company_id": work.company_id, "c.state": state, "c.connection_id": connection_id}
    where, values = narrowed(wanted, q=q, text="c.name")
    query = f"{_SELECT} where {where} and {order.after} order by {order.by} limit :limit"
    rows = work.execute(query, {**values, **order.values, "limit": checked_limit(limit) + 1}).all()
    counts = _counts(work, [row[0] for row in rows])
    found = [CampaignRow(*row, counts=counts.get(row[0], Counts())) for row in rows]
    return order.page(found, limit)


def campaign(work: Work, campaign_id: UUID) -> CampaignRow:
    """One campaign with counts, speed now and expected end."""
    work.require(Permission.READ_CAMPAIGNS)
    query = f"{_SELECT} where c.company_id = :company and c.id = :id"
    row = work.execute(query, {"company": work.company_id, "id": campaign_id}).first()
    if row is None:
        raise NotFound("campaign")
    counts = _counts(work, [campaign_id]).get(campaign_id, Counts())
    rate = _rate(work, campaign_id) if row.state == "running" else 0.0
    left = counts.pending + counts.sending
    eta = now() + timedelta(seconds=left / rate) if rate and left else None
    return CampaignRow(*row, counts=counts, rate=rate, eta=eta)


def recipients(
    work: Work, campaign_id: UUID, *, state: str = "", sort: str = "", cursor: str | None = None, limit: int = 50
) -> Page[RecipientRow]:
    """Who got it, in one group of states or all."""
    work.require(Permission.READ_CAMPAIGNS)
    work.get(Campaign, campaign_id)
    where, values = _recipients_where(campaign_id, state)
    order = RECIPIENT_SORTS.order(sort, cursor)
    rows = work.execute(
        f"{_RECIPIENTS} where {where} and {order.after} order by {order.by} limit :limit",
        {**values, **order.values, "limit": checked_limit(limit) + 1},
    )
    return order.page([RecipientRow(*row) for row in rows], limit)


def recipients_csv(work: Work, campaign_id: UUID, *, state: str = "") -> str:
    """All of them as a file for a spreadsheet."""
    work.require(Permission.READ_CAMPAIGNS)
    work.get(Campaign, campaign_id)
    where, values = _recipients_where(campaign_id, state)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        ["name", "phone", "state", "reason", "sent_at", "delivered_at", "read_at", "failed_at", "replied_at"]
    )
    for row in work.execute(f"{_RECIPIENTS} where {where} order by r.id", values):
        times = [
            t.isoformat() if t else ""
            for t in (row.sent_at, row.delivered_at, row.read_at, row.failed_at, row.replied_at)
        ]
        writer.writerow([harmless(row.name or ""), row.phone, row.state, row.reason_code or "", *times])
    return out.getvalue()


def _recipients_where(campaign_id: UUID, state: str) -> tuple[str, dict[str, Any]]:
    values: dict[str, Any] = {"id": campaign_id}
    if not state:
        return "r.campaign_id = :id", values
    if state not in GROUPS:
        raise Invalid("state", "unknown_value")
    return "r.campaign_id = :id and r.state = any(:states)", {**values, "states": [*GROUPS[state]]}


def _counts(work: Work, ids: list[UUID]) -> dict[UUID, Counts]:
    rows = work.execute(_SUMS, {"company": work.company_id, "ids": ids})
    found = [row._asdict() for row in rows]
    return {row.pop("campaign_id"): Counts(total=sum(row[name] for name in GROUPS), **row) for row in found}


def _rate(work: Work, campaign_id: UUID) -> float:
    """Messages that left within the last ten seconds, a second: what went on from waiting, less who was skipped."""
    left, since = work.execute(
        """select coalesce(-sum(pending + skipped), 0), extract(epoch from now() - min(at)) from campaign_tally
           where company_id = :company and campaign_id = :id and at > now() - make_interval(secs => :seconds)
             and pending < 0""",
        {"company": work.company_id, "id": campaign_id, "seconds": MEASURED_SECONDS},
    ).one()
    return round(int(left) / max(float(since or 0), 1.0), 1)


_SUMS = f"""select campaign_id, {", ".join(f"cast(sum({name}) as int) as {name}" for name in Counted.model_fields)}
  from campaign_tally where company_id = :company and campaign_id = any(:ids) group by 1"""
_SELECT = """select c.id, c.name, c.kind, c.state, c.state_reason, c.connection_id, n.name as connection_name,
    c.template_id, t.name as template_name, c.body, c.variables, c.audience, c.rate_per_second, c.legal_basis,
    c.created_at, c.due_at, c.launched_at, c.finished_at,
    case when c.state = 'running' and c.held_until > now() then c.held_until end as held_until
  from campaign c join connection n on n.id = c.connection_id left join template t on t.id = c.template_id"""
_RECIPIENTS = """select r.id, r.contact_id, p.name, r.phone, r.state, r.reason_code, r.provider_id, r.state_at, r.sent_at,
    r.delivered_at, r.read_at, r.failed_at, r.replied_at
  from recipient r left join contact p on p.id = r.contact_id"""
