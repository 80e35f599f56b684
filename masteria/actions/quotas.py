"""How much of something a company may have. The installation says so; here it is held, once for all that adds.

A quota holds where its feature is `limited`, that of members always. Who asks waits for whoever asked before for the
same company and kind, so that two at once cannot both take the last place; companies without a quota wait for nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from masteria.core.work import Work
from masteria.enums import Feature, Level, Quota
from masteria.kit.errors import Conflict

# the column that holds the number, and the feature that must be limited for it to hold
_HELD: dict[Quota, tuple[str, Feature | None]] = {
    Quota.CONTACTS: ("max_contacts", Feature.CONTACTS),
    Quota.CONNECTIONS: ("max_connections", Feature.CONNECTIONS),
    Quota.MEMBERS: ("max_members", None),
    Quota.MESSAGES: ("max_messages_per_month", Feature.CAMPAIGNS),
}


@dataclass(frozen=True, slots=True)
class Room:
    """How many there may be, and how many more; less than none where the limit came down later."""

    limit: int
    left: int


def require(work: Work, what: Quota, more: int = 1) -> None:
    """`Conflict("quota_…")` with the limit if so many more are too many; else the place is the caller's until it commits."""
    found = room(work, what, at_least=more)
    if found is not None and found.left < more:
        raise Conflict(f"quota_{what}", limit=found.limit, left=max(0, found.left))


def room(work: Work, what: Quota, *, at_least: int | None = None, hold: bool = True) -> Room | None:
    """The room there is, None without a quota. With `at_least` the count goes only as far as that answer needs.

    With `hold` nobody else adds before this transaction ends.
    """
    limit = _limit(work, what)
    if limit is None:
        return None
    if hold:
        key = f"quota:{what}:{work.company_id}"
        work.execute("select pg_advisory_xact_lock(hashtextextended(:key, 0))", {"key": key})
    most = limit + 1 if at_least is None else max(0, limit - at_least) + 1
    return Room(limit, limit - _count(work, what, most))


def messages(work: Work) -> int:
    """What left since the month began, or was launched and is still to leave; in the company's own zone."""
    return _count(work, Quota.MESSAGES, 0)


def recount(work: Work) -> None:
    """Note what the company holds, for the installation's list of companies."""
    counted = {"contacts": _count(work, Quota.CONTACTS, 2**31 - 1), "messages": messages(work)}
    work.execute(_NOTE, {"company": work.company_id, "month": month(work), **counted})


def month(work: Work) -> date:
    """The first day of the month that it is in the company."""
    zone = {"zone": work.get_company().timezone}
    return work.execute("select cast(date_trunc('month', now() at time zone :zone) as date)", zone).scalar_one()


def _limit(work: Work, what: Quota) -> int | None:
    column, feature = _HELD[what]
    found = work.execute(
        f"""select k.{column}, (select f.level from company_feature f
             where f.company_id = k.id and f.feature = cast(:feature as text)) from company k where k.id = :company""",
        {"company": work.company_id, "feature": feature},
    ).one()
    return found[0] if feature is None or found[1] == Level.LIMITED else None


def _count(work: Work, what: Quota, most: int) -> int:
    """Never further than `most`: a company far below its limit costs no more than one at it, one above no more either."""
    values = {"company": work.company_id, "most": most}
    if what is Quota.MESSAGES:
        values["zone"] = work.get_company().timezone
    return int(work.execute(_COUNTS[what], values).scalar() or 0)


def _bounded(table: str) -> str:
    return f"select count(*) from (select from {table} where company_id = :company limit :most) few"


# campaigns by their tallies: a launch counts all its people at once, and who was left out in the end is taken off again
_MESSAGES = """with since as (
    select date_trunc('month', now() at time zone :zone) at time zone :zone as at)
  select coalesce((select sum(t.pending + t.sending + t.sent + t.delivered + t.read + t.in_doubt)
      from campaign_tally t, since where t.company_id = :company and t.at >= since.at), 0)
    + (select count(*) from message m, since where m.company_id = :company and m.direction = 'outbound'
      and m.state is not null and m.state not in ('failed', 'skipped') and m.created_at >= since.at
      and m.id >= (select cast(lpad(to_hex(cast(extract(epoch from since.at) * 1000 as bigint)), 12, '0')
        || '00000000000000000000' as uuid) from since))"""
_NOTE = """insert into company_usage (company_id, contacts, messages, month, last_activity_at, counted_at)
  values (:company, :contacts, :messages, :month, (select created_at from activity where company_id = :company
    and actor_kind in ('person', 'api_key', 'support') order by created_at desc, id desc limit 1), now())
  on conflict (company_id) do update set contacts = excluded.contacts, messages = excluded.messages,
    month = excluded.month, last_activity_at = excluded.last_activity_at, counted_at = now()"""
_COUNTS: dict[Quota, str] = {
    Quota.CONTACTS: _bounded("contact"),
    Quota.CONNECTIONS: _bounded("connection"),
    Quota.MEMBERS: _bounded("member"),
    Quota.MESSAGES: _MESSAGES,
}
