"""Many companies, campaigns and months, by SQL: what a table holds when it has grown."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from masteria.core import months
from masteria.core.db import owner_engine
from masteria.kit.clock import now
from masteria.run.bench import company
from masteria.run.bench.company import Company

COMPANIES, CAMPAIGNS, PEOPLE, CONVERSATIONS, MONTHS = 10, 10, 2000, 300, 12


def companies() -> list[Company]:
    """Each with people to write to and conversations; the first is the one that is measured."""
    _months()
    found = [company.founded(0, f"Bench{number}", f"1002003004{number:05}") for number in range(COMPANIES)]
    for one in found:
        company.people(one, PEOPLE)
    with owner_engine().begin() as connection:
        connection.execute(sa.text(_CONVERSATIONS), {"most": CONVERSATIONS})
    return found


def _months() -> None:
    """The months that messages are put into lie behind us: none of them is made by itself."""
    with owner_engine().begin() as connection:
        since = now() - timedelta(days=31 * (MONTHS + 1))
        for statement in months.partitions("message", since, MONTHS + 1):
            connection.execute(sa.text(statement))


def grow(found: list[Company], size: int) -> None:
    """Up to `size` recipients and as many messages: new finished campaigns of equal size, spread over the past year."""
    with owner_engine().begin() as connection:
        # keys are right by construction, and checking each would take the time of the fill again
        connection.execute(sa.text("set local session_replication_role = replica"))
        have = connection.scalar(sa.text("select count(*) from recipient")) or 0
        each = max(0, size - have) // (COMPANIES * CAMPAIGNS)
        values = {"campaigns": CAMPAIGNS, "each": each, "months": MONTHS, "mark": f"Filled to {size}"}
        for statement in (_CAMPAIGNS, _RECIPIENTS, _TALLIES, _MESSAGES):
            connection.execute(sa.text(statement), {name: v for name, v in values.items() if f":{name}" in statement})
    company.settle("recipient", "message", "campaign", "conversation", "contact")


_CONVERSATIONS = """insert into conversation (id, company_id, connection_id, contact_id, status, unread_count,
     last_message_at, last_message_text, last_message_kind, created_at, changed_at)
   select uuidv7(), c.company_id, n.id, c.id, 'open', 0, now() - c.place * interval '1 minute', 'Oi', 'text', now(), now()
   from (select *, row_number() over (partition by company_id order by id) as place from contact) c
   join connection n on n.company_id = c.company_id where c.place <= :most"""
_CAMPAIGNS = """insert into campaign (id, company_id, name, kind, connection_id, template_id, body, variables, audience,
     state, total, created_at, changed_at, due_at, launched_at, finished_at)
   select uuidv7(), n.company_id, :mark, 'template', n.id, t.id, '', '{}', '{"all": true}', 'completed', :each,
     at, at, at, at, at + interval '1 hour'
   from connection n join template t on t.connection_id = n.id, generate_series(1, :campaigns) k,
     lateral (select now() - (k % :months + 1) * interval '30 days' as at)"""
_RECIPIENTS = """insert into recipient (id, company_id, campaign_id, contact_id, phone, variables, state, state_at,
     provider_id, attempts, owner, sending_at, sent_at, delivered_at, read_at)
   select uuidv7(c.launched_at - now()), c.company_id, c.id, uuidv7(), '+55119' || lpad(k::text, 8, '0'),
     '{"1": "Pessoa"}', case when k % 10 < 6 then 'read' when k % 10 < 9 then 'delivered' else 'failed' end,
     c.launched_at, 'wamid.' || c.id || k, 1, c.id, c.launched_at, c.launched_at, c.launched_at,
     case when k % 10 < 6 then c.launched_at end
   from campaign c, generate_series(1, :each) k where c.name = :mark"""
_TALLIES = """insert into campaign_tally (id, company_id, campaign_id, at, folded, delivered, read, failed)
   select uuidv7(), r.company_id, r.campaign_id, min(r.state_at), true, count(*) filter (where r.state = 'delivered'),
     count(*) filter (where r.state = 'read'), count(*) filter (where r.state = 'failed')
   from recipient r join campaign c on c.id = r.campaign_id and c.name = :mark group by 2, 3"""
_MESSAGES = """insert into message (id, company_id, conversation_id, direction, kind, text, payload, external_id, state,
     attempts, created_at, changed_at, sent_at)
   select uuidv7(at - now()), v.company_id, v.id, case k % 2 when 0 then 'inbound' else 'outbound' end, 'text', 'Tudo bem?', '{}',
     'wamid.' || :mark || v.id || k, case k % 2 when 1 then 'read' end, 0, at, at, at
   from (select *, row_number() over (partition by company_id order by id) as place from conversation) v,
     generate_series(1, cast(:each as int) * :campaigns) k, lateral (select now() - (k % :months + 1) * interval '30 days'
       - k * interval '1 millisecond' as at)
   where v.place = k % 300 + 1"""
