"""The ledger: claims, marks, outcomes and what is taken back, each fenced by its attempt."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from masteria.actions import campaigns, contacts, leases, sending
from masteria.actions.receipts import merge_statuses
from masteria.actions.sending import Claimed, Recorded
from masteria.channels.base import Receipt
from masteria.core.access import Actor
from masteria.core.work import work_as
from masteria.enums import CampaignState, SendState
from masteria.flows import journal, upkeep
from masteria.flows.journal import Journal
from masteria.flows.sending import recover
from masteria.kit.clock import now
from tests.cast import Cast, a_connection, a_template
from tests.cast import contacts as people


@pytest.fixture
def running(cast: Cast) -> UUID:
    """A running campaign to three people that no worker knows of."""
    connection = a_connection(cast.ana)
    people(cast.ana, 3)
    with work_as(cast.ana) as work:
        campaign_id = campaigns.create(
            work,
            name="Novidades",
            connection_id=connection.id,
            template_id=a_template(cast.ana, connection).id,
            variables={"1": {"field": "name", "fallback": "você"}},
            audience={"all": True},
        )
    with work_as(cast.ana) as work:
        campaigns.launch(work, campaign_id)
        work.rung.clear()
    return campaign_id


def claim(actor: Actor, campaign_id: UUID, count: int = 10) -> list[Claimed]:
    with work_as(actor) as work:
        owner = leases.take(work, "recipient", campaign_id)
        return sending.claim_recipients(work, campaign_id, owner, count)


def mark(actor: Actor, campaign_id: UUID, claims: list[Claimed]) -> set[UUID]:
    with work_as(actor) as work:
        return sending.mark_recipients(work, campaign_id, claims)


def record(actor: Actor, claim: Claimed, state: SendState, **values: object) -> None:
    with work_as(actor) as work:
        sending.record(work, "recipient", [Recorded(claim.id, claim.attempt_id, state, **values)])  # pyright: ignore[reportArgumentType]


def row(actor: Actor, row_id: UUID, columns: str = "state") -> tuple[object, ...]:
    with work_as(actor) as work:
        return tuple(work.execute(f"select {columns} from recipient where id = :id", {"id": row_id}).one())


def let_leases_end(actor: Actor) -> int:
    with work_as(actor) as work:
        work.execute("update lease set until = now() - interval '1 s'")
        return leases.take_back(work)


def test_a_person_is_claimed_by_one_worker_only(cast: Cast, running: UUID) -> None:
    first, second = claim(cast.ana, running, 2), claim(cast.ana, running, 2)
    assert (len(first), len(second)) == (2, 1)
    assert not {c.id for c in first} & {c.id for c in second}


def test_nobody_of_a_paused_campaign_is_claimed_or_marked(cast: Cast, running: UUID) -> None:
    claims = claim(cast.ana, running, 1)
    with work_as(cast.ana) as work:
        campaigns.pause(work, running)
    assert claim(cast.ana, running) == []
    assert mark(cast.ana, running, claims) == set()
    assert row(cast.ana, claims[0].id) == ("claimed",)


def test_another_company_can_mark_and_record_nothing(cast: Cast, running: UUID) -> None:
    claims = claim(cast.ana, running)
    assert claim(cast.clara, running) == []
    assert mark(cast.clara, running, claims) == set()
    record(cast.clara, claims[0], SendState.SENT, provider_id="x")
    assert row(cast.ana, claims[0].id, "state, provider_id") == ("claimed", None)


def test_who_was_deleted_since_is_not_called(cast: Cast, running: UUID) -> None:
    claims = claim(cast.ana, running)
    with work_as(cast.ana) as work:
        work.execute("update recipient set contact_id = null where id = :id", {"id": claims[0].id})
    assert mark(cast.ana, running, claims) == {c.id for c in claims[1:]}
    assert row(cast.ana, claims[0].id, "state, reason_code") == ("skipped", "deleted")


def test_a_claim_that_grew_old_is_nobodys(cast: Cast, running: UUID) -> None:
    old = claim(cast.ana, running)
    assert let_leases_end(cast.ana) == 3
    new = claim(cast.ana, running)
    assert {c.attempts for c in new} == {1}
    assert mark(cast.ana, running, old) == set()
    assert len(mark(cast.ana, running, new)) == 3


def test_what_was_marked_and_not_heard_of_is_in_doubt_and_stays(cast: Cast, running: UUID) -> None:
    claims = claim(cast.ana, running)
    mark(cast.ana, running, claims[:1])
    let_leases_end(cast.ana)
    assert row(cast.ana, claims[0].id) == ("in_doubt",)
    assert row(cast.ana, claims[1].id, "state, attempts") == ("queued", 0)
    assert claims[0].id not in {c.id for c in claim(cast.ana, running)}


def test_a_late_answer_settles_the_doubt(cast: Cast, running: UUID) -> None:
    claims = claim(cast.ana, running)
    mark(cast.ana, running, claims)
    let_leases_end(cast.ana)
    record(cast.ana, claims[0], SendState.SENT, provider_id="wamid.A")
    assert row(cast.ana, claims[0].id, "state, provider_id") == ("sent", "wamid.A")


def test_a_status_that_overtook_the_answer_keeps_its_place(cast: Cast, running: UUID) -> None:
    claims = claim(cast.ana, running)
    mark(cast.ana, running, claims)
    with work_as(cast.ana) as work:
        receipt = Receipt("wamid.B", f"r:{claims[0].id}", "delivered", now())
        merge_statuses(work, work.execute("select connection_id from campaign").scalar_one(), [receipt])
    record(cast.ana, claims[0], SendState.SENT, provider_id="wamid.B")
    assert row(cast.ana, claims[0].id, "state, provider_id") == ("delivered", "wamid.B")


def test_an_answer_to_another_attempt_changes_nothing(cast: Cast, running: UUID) -> None:
    old = claim(cast.ana, running)[0]
    let_leases_end(cast.ana)
    new = next(c for c in claim(cast.ana, running) if c.id == old.id)
    mark(cast.ana, running, [new])
    record(cast.ana, old, SendState.FAILED, code="131026")
    assert row(cast.ana, old.id) == ("sending",)


def test_a_refusal_waits_its_time(cast: Cast, running: UUID) -> None:
    claims = claim(cast.ana, running)
    mark(cast.ana, running, claims)
    record(cast.ana, claims[0], SendState.QUEUED, code="131056", wait=60.0)
    state, reason, due = row(cast.ana, claims[0].id, "state, reason_code, due_at")
    assert (state, reason) == ("queued", "131056")
    assert due > now() + timedelta(seconds=50)  # pyright: ignore[reportOperatorIssue]
    assert claims[0].id not in {c.id for c in claim(cast.ana, running)}


def test_what_is_given_back_counts_as_no_attempt(cast: Cast, running: UUID) -> None:
    claims = claim(cast.ana, running)
    mark(cast.ana, running, claims[:1])
    with work_as(cast.ana) as work:
        sending.release(work, "recipient", claims)
    assert {row(cast.ana, c.id, "state, attempts") for c in claims} == {("queued", 0)}


def test_a_repetition_of_an_outcome_changes_nothing(cast: Cast, running: UUID) -> None:
    claims = claim(cast.ana, running)
    mark(cast.ana, running, claims)
    record(cast.ana, claims[0], SendState.SENT, provider_id="wamid.C")
    before = row(cast.ana, claims[0].id, "state, provider_id, sent_at")
    record(cast.ana, claims[0], SendState.FAILED, code="1")
    assert row(cast.ana, claims[0].id, "state, provider_id, sent_at") == before


def test_too_many_attempts_are_the_end() -> None:
    assert sending.retry_at(1, 5.0) == (SendState.QUEUED, 5.0)
    assert sending.retry_at(sending.MAX_ATTEMPTS, 5.0)[0] == SendState.FAILED


def test_a_deleted_person_leaves_the_queue(cast: Cast, running: UUID) -> None:
    with work_as(cast.ana) as work:
        contact_id = work.execute("select contact_id from recipient limit 1").scalar_one()
        contacts.delete(work, contact_id)
    assert len(claim(cast.ana, running)) == 2


def test_a_cancel_reaches_those_who_come_back_later(cast: Cast, running: UUID) -> None:
    claims = claim(cast.ana, running)
    mark(cast.ana, running, claims)
    with work_as(cast.ana) as work:
        campaigns.cancel(work, running)
    with work_as(cast.ana) as work:
        sending.release(work, "recipient", claims)
    upkeep.sweep()
    assert {row(cast.ana, c.id) for c in claims} == {("skipped",)}
    with work_as(cast.ana) as work:
        assert work.execute("select state from campaign").scalar_one() == CampaignState.CANCELLED


def test_a_killed_worker_leaves_in_doubt_only_whom_it_began_to_call(cast: Cast, running: UUID) -> None:
    with work_as(cast.ana) as work:
        owner = leases.take(work, "recipient", running)
        claims = sending.claim_recipients(work, running, owner, 10)
    mark(cast.ana, running, claims[:2])
    dead = Journal("recipient", cast.ana.company_id, owner)
    dead.begin(claims[0].id)
    recover()
    assert [row(cast.ana, c.id) for c in claims] == [("sending",), ("sending",), ("claimed",)]
    os.close(dead._file)  # the kernel does this when the process is killed
    recover()
    assert [row(cast.ana, c.id) for c in claims] == [("in_doubt",), ("queued",), ("queued",)]


def test_what_a_killed_worker_was_answered_is_recorded_by_the_next(cast: Cast, running: UUID) -> None:
    with work_as(cast.ana) as work:
        owner = leases.take(work, "recipient", running)
        claims = sending.claim_recipients(work, running, owner, 10)
    mark(cast.ana, running, claims)
    sent, refused, silent = claims
    answers = [
        Recorded(sent.id, sent.attempt_id, SendState.SENT, "wamid.É1"),
        Recorded(refused.id, refused.attempt_id, SendState.FAILED, code="131026"),
    ]

    async def work_and_die() -> None:
        dead = Journal("recipient", cast.ana.company_id, owner)
        for claim_ in claims:
            dead.begin(claim_.id)
        for answer in answers:
            dead.answer(answer)
        await asyncio.sleep(0)
        os.write(dead._file, b"A and cut off")
        os.close(dead._file)

    asyncio.run(work_and_die())
    recover()
    assert [row(cast.ana, c.id, "state, provider_id, reason_code") for c in (sent, refused, silent)] == [
        ("sent", "wamid.É1", None),
        ("failed", None, "131026"),
        ("in_doubt", None, None),
    ]


def test_a_journal_keeps_only_what_is_not_recorded(cast: Cast, running: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "TRIM_BYTES", 100)
    ids = [uuid4() for _ in range(20)]

    async def send_and_die() -> None:
        dead = Journal("recipient", cast.ana.company_id, uuid4())
        for row_id in ids:
            dead.begin(row_id)
        results = [Recorded(row_id, uuid4(), SendState.SENT, "wamid.1") for row_id in ids[:19]]
        for result in results:
            dead.answer(result)
        await asyncio.sleep(0)
        dead.recorded(results[:18])
        os.close(dead._file)

    asyncio.run(send_and_die())
    (left,) = [left for left in journal.left_behind() if left.company_id == cast.ana.company_id]
    assert (left.begun, [r.id for r in left.answered]) == (ids[19:], ids[18:19])


def test_a_journal_from_before_a_power_cut_is_not_believed(
    cast: Cast, running: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    with work_as(cast.ana) as work:
        owner = leases.take(work, "recipient", running)
        claims = sending.claim_recipients(work, running, owner, 1)
    mark(cast.ana, running, claims)
    os.close(Journal("recipient", cast.ana.company_id, owner)._file)
    monkeypatch.setattr(journal, "_boot", lambda: "the-next-run")
    recover()
    journal.forget_earlier_runs()
    let_leases_end(cast.ana)
    assert row(cast.ana, claims[0].id) == ("in_doubt",)
