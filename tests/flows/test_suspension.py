"""A suspended company sends nothing, keeps what comes in, and goes on where it stopped; a deleted one leaves nothing."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa

from masteria.actions import campaigns, inbox, installation, intake, leases, sending
from masteria.core.db import owner_engine
from masteria.core.work import work_as
from masteria.enums import SendState
from masteria.flows import deleting, lanes
from masteria.flows.lanes import CampaignLane, ReplyLane
from masteria.kit.clock import now
from masteria.models import Connection, Conversation, Message
from masteria.queries import installation as found
from tests.cast import Cast, a_connection, a_template, an_operator, contacts


@pytest.fixture
def connection(cast: Cast) -> Connection:
    return a_connection(cast.ana)


@pytest.fixture
def running(cast: Cast, connection: Connection) -> UUID:
    """A campaign to three people, and a reply, both due."""
    people = contacts(cast.ana, 3)
    with work_as(cast.ana) as work:
        campaign_id = campaigns.create(
            work,
            name="Novidades",
            connection_id=connection.id,
            template_id=a_template(cast.ana, connection).id,
            variables={"1": {"field": "name", "fallback": "você"}},
            audience={"all": True},
        )
        soon = now().replace(year=now().year + 1)
        talk = work.add(
            Conversation(
                connection_id=connection.id, contact_id=people[0].id, last_message_at=now(), window_expires_at=soon
            )
        )
        work.session.flush()
        campaigns.launch(work, campaign_id)
        inbox.reply(work, talk.id, "Oi!")
        work.rung.clear()
    return campaign_id


def suspend(cast: Cast, *, back: bool = False) -> None:
    with work_as(an_operator()) as work:
        if back:
            installation.restore(work, cast.ana.company_id)
        else:
            installation.suspend(work, cast.ana.company_id, "por falta de pagamento")
        work.rung.clear()


def due(cast: Cast) -> set[str]:
    found = [*lanes.due_campaigns(), *lanes.due_replies()]
    return {type(lane).__name__ for lane in found if lane.company_id == cast.ana.company_id}


def test_nothing_of_a_suspended_company_is_due(cast: Cast, connection: Connection, running: UUID) -> None:
    assert due(cast) == {"CampaignLane", "ReplyLane"}
    suspend(cast)
    assert due(cast) == set()
    assert CampaignLane(cast.ana.company_id, running).plan() is None
    assert ReplyLane(cast.ana.company_id, connection.id).plan() is None
    suspend(cast, back=True)
    assert due(cast) == {"CampaignLane", "ReplyLane"}


def test_a_pump_that_is_at_work_can_neither_claim_nor_mark_any_more(cast: Cast, running: UUID) -> None:
    with work_as(cast.ana) as work:
        owner = leases.take(work, "recipient", running)
        claims = sending.claim_recipients(work, running, owner, 2)
    assert len(claims) == 2
    suspend(cast)
    with work_as(cast.ana) as work:
        assert sending.claim_recipients(work, running, owner, 2) == []
        assert sending.mark_recipients(work, running, claims) == set()
        sending.release(work, "recipient", claims)
    suspend(cast, back=True)
    with work_as(cast.ana) as work:
        again = sending.claim_recipients(work, running, owner, 9)
        assert len(again) == 3
        assert len(sending.mark_recipients(work, running, again)) == 3


def test_replies_wait_too(cast: Cast, connection: Connection, running: UUID) -> None:
    suspend(cast)
    with work_as(cast.ana) as work:
        owner = leases.take(work, "message", connection.id)
        assert sending.claim_replies(work, connection.id, owner, 5) == []
    suspend(cast, back=True)
    with work_as(cast.ana) as work:
        claims = sending.claim_replies(work, connection.id, owner, 5)
        assert len(sending.mark_replies(work, claims)) == 1


def test_webhooks_of_a_suspended_company_are_kept(cast: Cast, connection: Connection) -> None:
    suspend(cast)
    with work_as(cast.ana) as work:
        intake.take_in(work, connection.id, [b'{"entry": []}'])
        work.rung.clear()
        assert work.execute("select count(*) from intake").scalar() == 1


def test_a_deleted_company_leaves_nothing_but_the_installations_record(
    cast: Cast, connection: Connection, running: UUID
) -> None:
    company_id = cast.ana.company_id
    with work_as(cast.ana) as work:
        waiting = work.select(Message).where(Message.state == SendState.QUEUED)
        assert work.session.exec(waiting).all()
    deleting.delete_company(company_id)
    assert left(company_id)["member"] == 3  # nobody asked yet
    olga = an_operator()
    with work_as(olga) as work:
        installation.delete(work, company_id, "Aurora")
        work.rung.clear()
    deleting.delete_company(company_id)
    assert {table: n for table, n in left(company_id).items() if n} == {}
    deleting.delete_company(company_id)  # the bell may ring twice
    with work_as(olga) as work:
        assert [act.act for act in found.acts(work, company_id=company_id)] == ["company.deleted"]
    with owner_engine().connect() as database:
        emails = database.scalars(sa.text("select email from person where name in ('Ana', 'Bruno')")).all()
    assert cast.ana.email not in emails
    assert left(cast.clara.company_id)["member"] == 1


def left(company_id: UUID) -> dict[str, int]:
    tables = (
        "select table_name from information_schema.columns where table_schema = 'app' and column_name = 'company_id'"
    )
    with owner_engine().connect() as database:
        names = [n for n in database.scalars(sa.text(tables)) if "_20" not in n]
        count = {n: sa.text(f'select count(*) from app."{n}" where company_id = :id') for n in names}
        return {n: database.scalar(query, {"id": company_id}) or 0 for n, query in count.items()}
