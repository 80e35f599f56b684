"""What a company says of itself, what the installation gives it, and how much of that it uses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from masteria.core.work import Work
from masteria.enums import Feature, Permission

SHOWN = 20  # visits of the installation's support


@dataclass(frozen=True, slots=True)
class CompanyRow:
    """`features` are levels by feature: full, limited or read_only."""

    id: UUID
    name: str
    timezone: str
    language: str
    country: str
    marketing_cap_per_day: int | None
    requires_second_step: bool
    features: dict[str, str]


@dataclass(frozen=True, slots=True)
class UsageRow:
    """How many there are, and how many there may be; None for no quota."""

    name: str
    used: int
    limit: int | None


@dataclass(frozen=True, slots=True)
class VisitRow:
    """Somebody of the installation came in, and why."""

    at: datetime
    name: str
    reason: str


def company(work: Work) -> CompanyRow:
    """The company itself."""
    work.require(Permission.ADMIN)
    row = work.get_company()
    query = "select feature, level from company_feature where company_id = :company"
    levels = {str(feature): "full" for feature in Feature}
    levels |= {found.feature: found.level for found in work.execute(query, {"company": work.company_id})}
    return CompanyRow(
        row.id,
        row.name,
        row.timezone,
        row.language,
        row.country,
        row.marketing_cap_per_day,
        row.requires_second_step,
        levels,
    )


def usage(work: Work, messages: int) -> list[UsageRow]:
    """Members, connections and contacts there are, and `messages` of this month, which `actions/quotas.py` counts."""
    work.require(Permission.ADMIN)
    row = work.get_company()
    members, connections, contacts = work.execute(_USAGE, {"company": work.company_id}).one()
    return [
        UsageRow("members", members, row.max_members),
        UsageRow("connections", connections, row.max_connections),
        UsageRow("contacts", contacts, row.max_contacts),
        UsageRow("messages", messages, row.max_messages_per_month),
    ]


def support_visits(work: Work) -> list[VisitRow]:
    """When somebody of the installation was here, the newest first."""
    work.require(Permission.ADMIN)
    query = """select created_at, actor_name, coalesce(details ->> 'reason', '') from activity
      where company_id = :company and happened = 'support.entered' order by created_at desc, id desc limit :shown"""
    return [VisitRow(*row) for row in work.execute(query, {"company": work.company_id, "shown": SHOWN})]


_USAGE = """select (select count(*) from member where company_id = :company),
  (select count(*) from connection where company_id = :company),
  (select count(*) from contact where company_id = :company)"""
