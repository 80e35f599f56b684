"""A campaign's counts are kept beside its rows; whatever happens to the rows, they are what a recount would find."""

from __future__ import annotations

import random
from uuid import UUID

import pytest

from masteria.actions import campaigns, contacts, leases, sending, tally
from masteria.actions.receipts import merge_statuses
from masteria.actions.sending import Recorded
from masteria.channels.base import Receipt
from masteria.core.access import Actor
from masteria.core.work import Work, work_as
from masteria.enums import CampaignKind, SendState
from masteria.kit.clock import now
from masteria.models import Connection
from masteria.models.campaign import GROUPS
from masteria.queries.campaigns import Counts, campaign, list_campaigns
from tests.cast import Cast, a_connection, a_template
from tests.cast import contacts as people

PEOPLE = 60
OUTCOMES = (SendState.SENT, SendState.SENT, SendState.QUEUED, SendState.IN_DOUBT, SendState.FAILED)


@pytest.fixture
def connection(cast: Cast) -> Connection:
    return a_connection(cast.ana)


@pytest.fixture
def running(cast: Cast, connection: Connection) -> UUID:
    template = a_template(cast.ana, connection)
    people(cast.ana, PEOPLE)
    values = {"kind": CampaignKind.TEMPLATE, "template_id": template.id, "audience": {"all": True}}
    with work_as(cast.ana) as work:
        found = campaigns.create(
            work, name="Novidades", connection_id=connection.id, variables={"1": {"field": "name"}}, **values
        )
        campaigns.launch(work, found)
    return found


def recounted(work: Work, campaign_id: UUID) -> dict[str, int]:
    rows = work.execute(
        """select case when state in ('queued', 'claimed') then 'pending' else state end, count(*)
           from recipient where campaign_id = :id group by 1""",
        {"id": campaign_id},
    )
    return {row[0]: row[1] for row in rows}


def kept(counts: Counts) -> dict[str, int]:
    return {name: found for name in GROUPS if (found := getattr(counts, name))}


def test_every_state_is_in_exactly_one_group() -> None:
    assert sorted(state for states in GROUPS.values() for state in states) == sorted(SendState)


def some_of_everything(actor: Actor, campaign_id: UUID, connection_id: UUID, dice: random.Random) -> None:
    with work_as(actor) as work:
        owner = leases.take(work, "recipient", campaign_id)
        claims = sending.claim_recipients(work, campaign_id, owner, dice.randint(5, 15))
        half = len(claims) // 2
        sending.mark_recipients(work, campaign_id, claims[:half])
        sending.release(work, "recipient", claims[half - 2 :])
        results = [Recorded(c.id, c.attempt_id, dice.choice(OUTCOMES), f"wamid.{c.id}") for c in claims[: half - 3]]
        sending.record(work, "recipient", results)
        words = [dice.choice(("sent", "delivered", "read", "failed")) for _ in claims]
        receipts = [Receipt(f"wamid.{c.id}", f"r:{c.id}", w, now()) for c, w in zip(claims, words, strict=True)]
        merge_statuses(work, connection_id, dice.sample(receipts, len(receipts) // 3) * 2)
    if dice.random() < 0.5:
        with work_as(actor) as work:
            leases.part_with_the_dead(work, "recipient", owner, [])
    with work_as(actor) as work:
        work.execute("update lease set until = now() - interval '1 s'")
        leases.take_back(work)


@pytest.mark.parametrize("seed", range(3))
def test_the_kept_counts_are_what_a_recount_finds(cast: Cast, connection: Connection, running: UUID, seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(6):
        some_of_everything(cast.ana, running, connection.id, dice)
    with work_as(cast.ana) as work:
        person = work.execute("select contact_id from recipient where state = 'queued' limit 1").scalar_one()
        contacts.delete(work, person)
    with work_as(cast.ana) as work:
        found = campaign(work, running).counts
        assert kept(found) == recounted(work, running)
        assert (found.total, found.skipped) == (PEOPLE, 1)
    with work_as(cast.ana) as work:
        campaigns.cancel(work, running)
    with work_as(cast.ana) as work:
        assert kept(list_campaigns(work).rows[0].counts) == recounted(work, running)


def test_an_answer_is_counted_once(cast: Cast, running: UUID) -> None:
    answered = "update recipient r set replied_at = now() where r.company_id = :company and r.campaign_id = :id"
    for _ in range(2):
        with work_as(cast.ana) as work:
            work.execute(tally.counted(answered, "id"), {"company": work.company_id, "id": running})
    with work_as(cast.ana) as work:
        assert campaign(work, running).counts.replied == PEOPLE


def test_folding_keeps_the_sums_and_leaves_one_row_an_hour(cast: Cast, connection: Connection, running: UUID) -> None:
    dice = random.Random(1)
    for _ in range(4):
        some_of_everything(cast.ana, running, connection.id, dice)
    with work_as(cast.ana) as work:
        before = campaign(work, running).counts
        work.execute("update campaign_tally set at = date_trunc('hour', at) - interval '10 minutes'")
        tally.fold(work, running)
        some = "select count(*), count(*) filter (where folded) from campaign_tally where campaign_id = :id"
        assert tuple(work.execute(some, {"id": running}).one()) == (1, 1)
        assert campaign(work, running).counts == before
    some_of_everything(cast.ana, running, connection.id, dice)
    with work_as(cast.ana) as work:
        tally.fold(work, running)
        assert work.execute(some, {"id": running}).one()[0] > 1, "what is young tells the speed"
        assert kept(campaign(work, running).counts) == recounted(work, running)
