"""Meta's limit on how many people a business portfolio writes to within 24 hours, counted by ourselves before it bites.

Only who is written to outside the customer-service window counts, each person once in any 24 hours, all numbers of the
portfolio together (Cloud API, messaging limits). Meta documents no error for going beyond it, so nobody may.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from masteria.actions.sending import Claimed
from masteria.core.work import Work
from masteria.enums import Topic
from masteria.models import Campaign, Connection

SPENT = "daily_limit"


@dataclass(frozen=True, slots=True)
class Outlook:
    """Of an audience `fits` go out at once, `later` ones as places come free, the last of them at `later_at`.

    `left` of `people_per_day` places are free at the start; who is not new today or has an open window takes none.
    """

    people_per_day: int
    left: int
    fits: int
    later: int
    later_at: datetime | None


def admit(work: Work, connection_id: UUID, portfolio_id: str, limit: int, claims: list[Claimed]) -> set[UUID]:
    """Take places for as many of these as the budget has; returns their ids. To be followed by the mark at once."""
    values = {"company": work.company_id, "portfolio": portfolio_id, "connection": connection_id}
    values |= {"ids": [c.id for c in claims], "limit": limit}
    work.execute(_LOCK, values)
    used = work.execute(_USED, values).scalar_one()
    rows = work.execute(_FRESH, values).all()
    counted = [row for row in rows if row.counts]
    left = max(0, limit - used)
    refused = {row.id for row in [row for row in counted if row.fresh][left:]}
    people = [row.contact_id for row in counted if row.id not in refused]
    fresh = sum(1 for row in counted if row.fresh and row.id not in refused)
    if people:
        work.execute(_REACH, {**values, "people": people})
    if fresh:
        work.execute(_USE, {**values, "fresh": fresh})
    return {c.id for c in claims} - refused


def hold_campaign(work: Work, campaign_id: UUID, portfolio_id: str) -> datetime:
    """The budget is spent: the campaign rests until the first place is free again, a quarter of an hour at most."""
    campaign = work.get(Campaign, campaign_id, lock=True)
    values = {"company": work.company_id, "portfolio": portfolio_id}
    until: datetime = work.execute(_FREE_AT, values).scalar_one()
    campaign.held_until = until
    campaign.state_reason = SPENT
    work.announce(Topic.CAMPAIGN, campaign_id)
    return until


def release_campaign(work: Work, campaign_id: UUID) -> None:
    """It goes on."""
    campaign = work.get(Campaign, campaign_id, lock=True)
    campaign.held_until = None
    if campaign.state_reason == SPENT:
        campaign.state_reason = None
    work.announce(Topic.CAMPAIGN, campaign_id)


def rests(work: Work, campaign_id: UUID) -> bool:
    """Whether the campaign waits for its portfolio's budget; once that is over it is as if it never had."""
    held = work.execute("select held_until > now() from campaign where id = :id", {"id": campaign_id}).scalar()
    if held is False:
        release_campaign(work, campaign_id)
    return bool(held)


def left(work: Work, portfolio_id: str, limit: int) -> int:
    """How many more people the portfolio may write to now."""
    values = {"company": work.company_id, "portfolio": portfolio_id}
    return max(0, limit - int(work.execute(f"select {_COUNT}", values).scalar_one()))


def carry(work: Work, from_id: str, to_id: str) -> None:
    """A number moves to another portfolio: whom the old one reached counts in the new one too, rather than nowhere."""
    values = {"company": work.company_id, "from": from_id, "portfolio": to_id}
    work.execute(_CARRY, values)
    work.execute(_RECOUNT, values)


def outlook(work: Work, connection: Connection, people: str, values: Mapping[str, Any], at: datetime) -> Outlook | None:
    """How far the budget reaches for these people (a query of ids and its values) if they are written to from `at` on.

    As if nothing else went out meanwhile. None: the number has no limit.
    """
    limit = connection.people_per_day
    if limit is None:
        return None
    mine = {"company": work.company_id, "portfolio": connection.portfolio, "connection": connection.id, "at": at}
    row = work.execute(_NEED.format(people=people), {**values, **mine}).one()
    left = max(0, limit - row.used)
    later = max(0, row.need - left)
    later_at = _free_at(work, mine, limit, row.used, later) if later and limit else None
    return Outlook(limit, left, row.everyone - later, later, later_at)


def _free_at(work: Work, values: dict[str, Any], limit: int, used: int, place: int) -> datetime:
    """When the so-manieth place comes free: first those used before, as they grow old, then those taken at the start.

    Whoever takes a place has it for a day, so it all begins again after each.
    """
    days, turn = divmod(place - 1, limit)
    oldest: datetime | None = None
    if turn < used:
        oldest = work.execute(_REACHED, {**values, "before": turn + max(0, used - limit)}).scalar()
    return (oldest or values["at"]) + timedelta(days=days + 1)


_COUNT = """(select count(*) from portfolio_person p where p.company_id = :company and p.portfolio_id = cast(:portfolio as varchar)
    and p.at > now() - interval '24 hours')"""
_LOCK = f"""insert into portfolio_budget as b (company_id, portfolio_id, used, counted_at)
  values (:company, cast(:portfolio as varchar), {_COUNT}, now())
  on conflict (company_id, portfolio_id) do update set counted_at = b.counted_at"""
# the count is taken anew every minute and whenever nothing seems left; in between it only grows
_USED = f"""update portfolio_budget b set used = fresh.used, counted_at = fresh.at from (
    select case when old then {_COUNT} else used end as used, case when old then now() else counted_at end as at
    from (select used, counted_at, used >= :limit or counted_at < now() - interval '1 minute' as old
      from portfolio_budget where company_id = :company and portfolio_id = cast(:portfolio as varchar)) known) fresh
  where b.company_id = :company and b.portfolio_id = :portfolio returning b.used"""
_IS_FRESH = """not exists (select from portfolio_person p where p.company_id = :company
    and p.portfolio_id = cast(:portfolio as varchar) and p.contact_id = {person} and p.at > {at} - interval '24 hours')"""
_COUNTS = """not exists (select from conversation v where v.company_id = :company
    and v.connection_id = :connection and v.contact_id = {person} and v.window_expires_at > {at})"""
_FRESH = f"""select r.id, r.contact_id, {_IS_FRESH.format(person="r.contact_id", at="now()")} as fresh,
    r.contact_id is not null and {_COUNTS.format(person="r.contact_id", at="now()")} as counts
  from unnest(cast(:ids as uuid[])) with ordinality a(id, place) join recipient r on r.id = a.id
  where coalesce(r.company_id = :company, false) order by a.place"""
_REACH = """insert into portfolio_person as p (company_id, portfolio_id, contact_id, at)
  select distinct cast(:company as uuid), cast(:portfolio as varchar), person, now()
  from unnest(cast(:people as uuid[])) person order by 3
  on conflict (company_id, portfolio_id, contact_id) do update set at = now()"""
_USE = """update portfolio_budget set used = used + :fresh
  where company_id = :company and portfolio_id = cast(:portfolio as varchar)"""
# whose places they were cannot be told: all of them go along, and the limit is never passed
_CARRY = """insert into portfolio_person as p (company_id, portfolio_id, contact_id, at)
  select company_id, cast(:portfolio as varchar), contact_id, at from portfolio_person
  where company_id = :company and portfolio_id = cast(:from as varchar) and at > now() - interval '24 hours'
  order by contact_id on conflict (company_id, portfolio_id, contact_id) do update set at = greatest(p.at, excluded.at)"""
_RECOUNT = f"""update portfolio_budget set used = {_COUNT}, counted_at = now()
  where company_id = :company and portfolio_id = cast(:portfolio as varchar)"""
_AT = "cast(:at as timestamptz)"
_NEED = f"""select count(*) as everyone, count(*) filter (where {_IS_FRESH.format(person="a.id", at=_AT)}
    and {_COUNTS.format(person="a.id", at=_AT)}) as need, (select count(*) from portfolio_person p
      where p.company_id = :company and p.portfolio_id = cast(:portfolio as varchar) and p.at > {_AT} - interval '24 hours') as used
  from ({{people}}) a"""
_REACHED = f"""select at from portfolio_person where company_id = :company and portfolio_id = cast(:portfolio as varchar)
  and at > {_AT} - interval '24 hours' order by at offset :before limit 1"""
_FREE_AT = """select least(now() + interval '15 minutes', greatest(now() + interval '10 seconds',
    coalesce((select min(at) + interval '24 hours' from portfolio_person p where p.company_id = :company
      and p.portfolio_id = cast(:portfolio as varchar) and p.at > now() - interval '24 hours'), now())))"""
