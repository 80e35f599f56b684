"""Counts of a campaign, kept where its rows change: the same statement that moves recipients adds what moved.

Rows are only ever added, so a campaign's claims, outcomes and statuses never wait for each other at a counter.
"""

from __future__ import annotations

from uuid import UUID

from masteria.core.work import Work
from masteria.enums import SendState
from masteria.models.campaign import GROUPS, Counted

LOOSE = "1 minute"  # rows this young are not folded: they tell the speed


def counted(update: str, returned: str) -> str:
    """The statement around an `update recipient r …` without its `returning`; gives back the columns `returned`.

    `returned` may use `moved`: the row's `id`, `campaign_id`, and its state before and after, `was` and `became`.
    """
    return f"""with moved as ({update}
      returning r.id, r.campaign_id, old.state as was, new.state as became,
        old.replied_at is null and new.replied_at is not null as answered),
    tallied as (insert into campaign_tally (id, company_id, campaign_id, at, folded, {", ".join(_NAMES)})
      select uuidv7(), :company, campaign_id, now(), false, {_DELTAS}, count(*) filter (where answered)
      from moved where was is distinct from became or answered group by campaign_id)
    select {returned} from moved"""


def begin(work: Work, campaign_id: UUID, count: int) -> None:
    """So many recipients have just been queued."""
    work.execute(
        """insert into campaign_tally (id, company_id, campaign_id, at, folded, pending)
           values (uuidv7(), :company, :campaign, now(), false, :count)""",
        {"company": work.company_id, "campaign": campaign_id, "count": count},
    )


def fold(work: Work, campaign_id: UUID) -> None:
    """Make one row an hour of what is older than a minute; the sums stay as they are."""
    work.execute(_FOLD, {"company": work.company_id, "campaign": campaign_id})


def _delta(states: tuple[SendState, ...]) -> str:
    names = ", ".join(f"'{state}'" for state in states)
    return f"count(*) filter (where became in ({names})) - count(*) filter (where was in ({names}))"


_NAMES = tuple(Counted.model_fields)
_DELTAS = ", ".join(_delta(states) for states in GROUPS.values())
_FOLD = f"""with old as (
    delete from campaign_tally where company_id = :company and campaign_id = :campaign
      and (not folded or at >= date_trunc('hour', now() - interval '{LOOSE}'))
      and at < now() - interval '{LOOSE}'
    returning *)
  insert into campaign_tally (id, company_id, campaign_id, at, folded, {", ".join(_NAMES)})
  select uuidv7(), company_id, campaign_id, date_trunc('hour', at), true, {", ".join(f"sum({n})" for n in _NAMES)}
  from old group by company_id, campaign_id, date_trunc('hour', at)"""
