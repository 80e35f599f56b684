"""A portfolio's people a day, and marketing messages to one person: who is over the limit waits or is left out."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from masteria.actions import budgets, campaigns, leases, sending
from masteria.actions.sending import Claimed, Recorded
from masteria.core.access import Actor
from masteria.core.work import work_as
from masteria.enums import CampaignKind, SendState
from masteria.flows.lanes import CampaignLane, due_campaigns
from masteria.kit.clock import now
from masteria.models import Campaign, Connection, Contact, Conversation
from tests.cast import Cast, a_connection, a_template, contacts


def a_running_campaign(actor: Actor, connection: Connection, category: str = "MARKETING") -> UUID:
    template = a_template(actor, connection, category=category, name=f"novidades_{secrets.token_hex(4)}")
    with work_as(actor) as work:
        values = {"kind": CampaignKind.TEMPLATE, "template_id": template.id, "audience": {"all": True}}
        variables = {"1": {"field": "name"}}
        found = campaigns.create(work, name="Novidades", connection_id=connection.id, variables=variables, **values)
        campaigns.launch(work, found)
    return found


def sent(actor: Actor, campaign_id: UUID) -> tuple[list[Claimed], set[UUID]]:
    """One round of the lane: claimed, marked and sent."""
    lane = CampaignLane(actor.company_id, campaign_id)
    plan = lane.plan()
    if plan is None:
        return [], set()
    owner = lane.begin()
    claims = lane.claim(owner, 100)
    marked = lane.mark(plan, claims)
    lane.record([Recorded(c.id, c.attempt_id, SendState.SENT, f"wamid.{c.id}") for c in claims if c.id in marked])
    lane.end(owner)
    return claims, marked


def states(actor: Actor, campaign_id: UUID) -> dict[str, int]:
    with work_as(actor) as work:
        rows = work.execute(
            "select state || coalesce(':' || reason_code, ''), count(*) from recipient where campaign_id = :id group by 1",
            {"id": campaign_id},
        )
        return {row[0]: row[1] for row in rows}


def test_the_budget_holds_for_all_numbers_of_a_portfolio_together(cast: Cast) -> None:
    first = a_connection(cast.ana, portfolio_id="p1", people_per_day=5)
    second = a_connection(cast.ana, portfolio_id="p1", people_per_day=5)
    contacts(cast.ana, 4)
    assert len(sent(cast.ana, a_running_campaign(cast.ana, first))[1]) == 4
    again = a_running_campaign(cast.ana, second)
    assert len(sent(cast.ana, again)[1]) == 4, "whom the portfolio wrote to today costs nothing more"
    with work_as(cast.ana) as work:
        assert budgets.left(work, "p1", 5) == 1
    with work_as(cast.ana) as work:
        for n in range(3):
            work.add(Contact(name="Nova", phone=f"+55119{n:08d}", match_key=f"5511{n:08d}9"))
    third = a_running_campaign(cast.ana, first)
    _, marked = sent(cast.ana, third)
    assert len(marked) == 5, "the four of before and one more"
    assert states(cast.ana, third) == {"sent": 5, "queued": 2}


def test_a_campaign_rests_until_there_is_room(cast: Cast) -> None:
    connection = a_connection(cast.ana, people_per_day=2)
    contacts(cast.ana, 3)
    campaign_id = a_running_campaign(cast.ana, connection)
    assert len(sent(cast.ana, campaign_id)[1]) == 2
    with work_as(cast.ana) as work:
        campaign = work.get(Campaign, campaign_id)
        assert campaign.state_reason == budgets.SPENT
        assert campaign.held_until is not None
        assert now() < campaign.held_until <= now() + timedelta(minutes=16)
    assert sent(cast.ana, campaign_id) == ([], set())
    assert campaign_id not in {lane.subject_id for lane in due_campaigns()}
    with work_as(cast.ana) as work:
        work.execute("update portfolio_person set at = at - interval '25 hours'")
        work.execute("update campaign set held_until = now() - interval '1 s' where id = :id", {"id": campaign_id})
    assert campaign_id in {lane.subject_id for lane in due_campaigns()}
    assert len(sent(cast.ana, campaign_id)[1]) == 1
    with work_as(cast.ana) as work:
        campaign = work.get(Campaign, campaign_id)
        assert (campaign.state_reason, campaign.held_until) == (None, None)


def test_who_has_an_open_window_costs_nothing(cast: Cast) -> None:
    connection = a_connection(cast.ana, people_per_day=1)
    people = contacts(cast.ana, 3)
    with work_as(cast.ana) as work:
        for person in people[:2]:
            work.add(
                Conversation(
                    connection_id=connection.id,
                    contact_id=person.id,
                    last_message_at=now(),
                    window_expires_at=now() + timedelta(hours=2),
                )
            )
    assert len(sent(cast.ana, a_running_campaign(cast.ana, connection))[1]) == 3
    with work_as(cast.ana) as work:
        assert budgets.left(work, connection.portfolio, 1) == 0


def a_draft(actor: Actor, connection: Connection) -> UUID:
    template = a_template(actor, connection, name=f"novidades_{secrets.token_hex(4)}")
    with work_as(actor) as work:
        values = {"template_id": template.id, "variables": {"1": {"field": "name"}}, "audience": {"all": True}}
        return campaigns.create(work, name="Novidades", connection_id=connection.id, **values)


def outlook(actor: Actor, campaign_id: UUID, at: datetime | None = None) -> budgets.Outlook:
    with work_as(actor) as work:
        found = campaigns.preflight(work, campaign_id, at=at)
    assert found.budget is not None
    if found.budget.later_at:
        assert found.finish_at == found.budget.later_at
    return found.budget


def test_the_check_says_how_many_fit_and_when_the_others_go(cast: Cast) -> None:
    connection = a_connection(cast.ana, people_per_day=3)
    contacts(cast.ana, 2)
    sent(cast.ana, a_running_campaign(cast.ana, connection))
    with work_as(cast.ana) as work:
        work.execute("update portfolio_person set at = at - interval '20 hours'")
    contacts(cast.ana, 7, start=2)
    found = outlook(cast.ana, a_draft(cast.ana, connection))
    assert (found.people_per_day, found.left, found.fits, found.later) == (3, 1, 3, 6)
    assert found.later_at is not None
    until = found.later_at - now()
    assert timedelta(hours=47, minutes=59) < until <= timedelta(hours=48), "two in 4 h, one in 24 h, then a day later"


def test_the_check_of_a_planned_start_counts_what_is_free_then(cast: Cast) -> None:
    connection = a_connection(cast.ana, people_per_day=2)
    contacts(cast.ana, 2)
    sent(cast.ana, a_running_campaign(cast.ana, connection))
    contacts(cast.ana, 3, start=2)
    campaign_id, tomorrow = a_draft(cast.ana, connection), now() + timedelta(hours=25)
    assert (outlook(cast.ana, campaign_id).left, outlook(cast.ana, campaign_id).fits) == (0, 2)
    found = outlook(cast.ana, campaign_id, tomorrow)
    assert (found.left, found.fits, found.later, found.later_at) == (2, 2, 3, tomorrow + timedelta(days=2))


def test_the_check_counts_nobody_with_an_open_window(cast: Cast) -> None:
    connection = a_connection(cast.ana, people_per_day=2)
    for person in contacts(cast.ana, 5)[:3]:
        talk = {"connection_id": connection.id, "contact_id": person.id, "last_message_at": now()}
        with work_as(cast.ana) as work:
            work.add(Conversation(**talk, window_expires_at=now() + timedelta(hours=2)))
    found = outlook(cast.ana, a_draft(cast.ana, connection))
    assert (found.left, found.fits, found.later, found.later_at) == (2, 5, 0, None)


def test_the_check_keeps_count_when_the_limit_was_lowered(cast: Cast) -> None:
    connection = a_connection(cast.ana, people_per_day=4)
    contacts(cast.ana, 4)
    sent(cast.ana, a_running_campaign(cast.ana, connection))
    with work_as(cast.ana) as work:
        query = "update portfolio_person set at = at - make_interval(hours => 20 + cast(right(p.phone, 1) as int)) "
        work.execute(f"{query} from contact p where p.id = contact_id")
        work.get(Connection, connection.id).people_per_day = 2
    contacts(cast.ana, 1, start=4)
    found = outlook(cast.ana, a_draft(cast.ana, connection))
    assert (found.left, found.later) == (0, 1)
    assert found.later_at is not None
    assert timedelta(hours=2, minutes=59) < found.later_at - now() <= timedelta(hours=3), "when the third grows old"


def test_a_number_without_a_limit_has_no_budget(cast: Cast) -> None:
    contacts(cast.ana, 2)
    campaign_id = a_draft(cast.ana, a_connection(cast.ana))
    with work_as(cast.ana) as work:
        assert campaigns.preflight(work, campaign_id).budget is None


def test_another_companys_portfolio_of_the_same_name_is_another(cast: Cast) -> None:
    contacts(cast.ana, 2)
    contacts(cast.clara, 2)
    for actor in (cast.ana, cast.clara):
        connection = a_connection(actor, portfolio_id="p1", people_per_day=2)
        assert len(sent(actor, a_running_campaign(actor, connection))[1]) == 2


def test_a_person_gets_no_more_marketing_a_day_than_the_company_wants(cast: Cast) -> None:
    connection = a_connection(cast.ana)
    contacts(cast.ana, 2)
    with work_as(cast.ana) as work:
        work.get_company().marketing_cap_per_day = 1
    first, second = (a_running_campaign(cast.ana, connection) for _ in range(2))
    useful = a_running_campaign(cast.ana, connection, category="UTILITY")
    assert [len(sent(cast.ana, c)[1]) for c in (first, second, useful)] == [2, 0, 2]
    assert states(cast.ana, second) == {"skipped:marketing_cap": 2}


def test_without_limits_nothing_is_counted(cast: Cast) -> None:
    contacts(cast.ana, 2)
    campaign_id = a_running_campaign(cast.ana, a_connection(cast.ana))
    assert len(sent(cast.ana, campaign_id)[1]) == 2
    with work_as(cast.ana) as work:
        assert work.execute("select count(*) from portfolio_person").scalar_one() == 0


def test_whoever_is_given_back_waits_as_long_as_told(cast: Cast) -> None:
    contacts(cast.ana, 2)
    campaign_id = a_running_campaign(cast.ana, a_connection(cast.ana))
    with work_as(cast.ana) as work:
        claims = sending.claim_recipients(work, campaign_id, leases.take(work, "recipient", campaign_id), 2)
        sending.release(work, "recipient", claims, [0, 60])
    with work_as(cast.ana) as work:
        rows = work.execute("select due_at <= now() as due, attempts from recipient order by due_at").all()
    assert [tuple(row) for row in rows] == [(True, 0), (False, 0)]
