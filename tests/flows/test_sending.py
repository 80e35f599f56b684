"""A campaign goes out: real worker, real Redis, the sandbox as Meta."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from masteria.actions import campaigns, inbox, leases, sending
from masteria.core.work import work_as
from masteria.enums import CampaignState, ConnectionStatus, Consent, SendState
from masteria.flows import upkeep
from masteria.kit.clock import now
from masteria.kit.errors import Conflict, Invalid
from masteria.models import Campaign, Connection, Contact, Conversation, Message
from tests.cast import Cast, a_template, contacts
from tests.stage import HookProcess, Process, SandboxProcess, until, worker


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    process = SandboxProcess("--latency", "5-20")
    yield process
    process.stop()


@pytest.fixture(scope="module")
def hooks() -> Iterator[HookProcess]:
    process = HookProcess()
    yield process
    process.stop()


@pytest.fixture(scope="module", autouse=True)
def workers(sandbox: SandboxProcess) -> Iterator[list[Process]]:
    started = [worker(queue, META_GRAPH_URL=sandbox.url) for queue in ("campaigns", "messages", "intake")]
    yield started
    for process in started:
        process.stop()


def a_campaign(cast: Cast, connection: Connection, **values: object) -> UUID:
    template = a_template(cast.ana, connection)
    fields = {
        "template_id": template.id,
        "variables": {"1": {"field": "first_name", "fallback": "você"}},
        "audience": {"all": True},
    }
    with work_as(cast.ana) as work:
        return campaigns.create(work, name="Novidades", connection_id=connection.id, **{**fields, **values})


def launch(cast: Cast, campaign_id: UUID, **when: object) -> None:
    with work_as(cast.ana) as work:
        campaigns.launch(work, campaign_id, **when)  # pyright: ignore[reportArgumentType]


def state(cast: Cast, campaign_id: UUID) -> CampaignState:
    with work_as(cast.ana) as work:
        return work.get(Campaign, campaign_id).state


def counts(cast: Cast, campaign_id: UUID) -> dict[str, int]:
    with work_as(cast.ana) as work:
        rows = work.execute(
            "select state, count(*) from recipient where campaign_id = :id group by 1", {"id": campaign_id}
        )
        return {row[0]: row[1] for row in rows}


def template_at(sandbox: SandboxProcess, connection: Connection) -> None:
    body = {"type": "BODY", "text": "Oi {{1}}, temos novidades para você."}
    sandbox.post("templates", waba_id=connection.account_id, name="novidades", language="pt_BR", components=[body])


def ready(cast: Cast, sandbox: SandboxProcess, callback: str = "", **values: object) -> Connection:
    connection = sandbox.number(cast.ana, callback, **values)
    template_at(sandbox, connection)
    return connection


def test_everyone_gets_it_once_and_the_statuses_come_back(
    cast: Cast, sandbox: SandboxProcess, hooks: HookProcess
) -> None:
    connection = ready(cast, sandbox, hooks.url)
    contacts(cast.ana, 60)
    campaign_id = a_campaign(cast, connection)
    before = sandbox.get("stats")
    launch(cast, campaign_id)
    until(lambda: state(cast, campaign_id) == CampaignState.COMPLETED)
    until(lambda: set(counts(cast, campaign_id)) <= {"delivered", "read"})
    after = sandbox.get("stats")
    assert after["accepted"] - before["accepted"] == 60
    assert after["duplicates"] == 0


def test_two_launches_at_once_are_one(cast: Cast, sandbox: SandboxProcess) -> None:
    connection = ready(cast, sandbox)
    contacts(cast.ana, 3)
    campaign_id = a_campaign(cast, connection)
    launch(cast, campaign_id)
    with pytest.raises(Conflict):
        launch(cast, campaign_id)
    until(lambda: state(cast, campaign_id) == CampaignState.COMPLETED)
    assert sum(counts(cast, campaign_id).values()) == 3


def test_a_pause_stops_and_a_resume_completes(cast: Cast, sandbox: SandboxProcess) -> None:
    connection = ready(cast, sandbox)
    contacts(cast.ana, 150)
    campaign_id = a_campaign(cast, connection, rate_per_second=60)
    launch(cast, campaign_id)
    until(lambda: counts(cast, campaign_id).get("sent", 0) > 20)
    with work_as(cast.ana) as work:
        campaigns.pause(work, campaign_id)
    until(lambda: not counts(cast, campaign_id).keys() & {"sending", "claimed"})
    stopped = counts(cast, campaign_id)
    assert stopped["queued"] > 0
    with work_as(cast.ana) as work:
        campaigns.resume(work, campaign_id)
    until(lambda: state(cast, campaign_id) == CampaignState.COMPLETED)
    assert counts(cast, campaign_id) == {"sent": 150}


def test_a_cancelled_campaign_writes_to_nobody_else(cast: Cast, sandbox: SandboxProcess) -> None:
    connection = ready(cast, sandbox)
    contacts(cast.ana, 100)
    campaign_id = a_campaign(cast, connection, rate_per_second=20)
    launch(cast, campaign_id)
    until(lambda: counts(cast, campaign_id).get("sent", 0) > 5)
    with work_as(cast.ana) as work:
        campaigns.cancel(work, campaign_id)
    until(lambda: not counts(cast, campaign_id).keys() & {"sending", "claimed", "queued"})
    assert counts(cast, campaign_id)["skipped"] > 50


def test_what_is_planned_starts_when_its_hour_has_come(cast: Cast, sandbox: SandboxProcess) -> None:
    connection = ready(cast, sandbox)
    contacts(cast.ana, 2)
    campaign_id = a_campaign(cast, connection)
    launch(cast, campaign_id, at=now() + timedelta(seconds=1.5))
    upkeep.sweep()
    assert state(cast, campaign_id) == CampaignState.SCHEDULED

    def swept() -> bool:
        upkeep.sweep()
        return state(cast, campaign_id) == CampaignState.COMPLETED

    until(swept)


def test_magic_numbers_end_as_meta_says(cast: Cast, sandbox: SandboxProcess, hooks: HookProcess) -> None:
    connection = ready(cast, sandbox, hooks.url)
    ends = {"9991": "failed", "9995": "in_doubt", "9997": "failed", "9990": "sent", "9999": "sent"}
    with work_as(cast.ana) as work:
        for digits in ends:
            work.add(Contact(phone=f"+551198765{digits}", match_key=f"55118765{digits}", name="Bia"))
    campaign_id = a_campaign(cast, connection)
    sandbox.post("options", hold_statuses=True)
    launch(cast, campaign_id)
    query = "select right(phone, 4), state, reason_code from recipient where campaign_id = :id"

    def rows() -> dict[str, tuple[str, str | None]]:
        with work_as(cast.ana) as work:
            return {row[0]: (row[1], row[2]) for row in work.execute(query, {"id": campaign_id})}

    def tried_again() -> bool:
        upkeep.sweep()
        return rows()["9995"][0] == "in_doubt" and rows()["9990"][0] == "sent"

    until(tried_again)
    assert rows()["9997"] == ("failed", "131009")
    sandbox.post("options", hold_statuses=False)
    sandbox.post("release")
    until(lambda: rows()["9991"] == ("failed", "131026") and rows()["9995"][0] in ("sent", "delivered", "read"))


def test_a_wrong_token_pauses_and_disconnects(cast: Cast, sandbox: SandboxProcess) -> None:
    connection = ready(cast, sandbox)
    contacts(cast.ana, 5)
    with work_as(cast.ana) as work:
        work.get(Connection, connection.id).access_token = "token-of-yesterday"
    campaign_id = a_campaign(cast, connection)
    launch(cast, campaign_id)
    until(lambda: state(cast, campaign_id) == CampaignState.PAUSED)
    with work_as(cast.ana) as work:
        assert work.get(Connection, connection.id).status == ConnectionStatus.DISCONNECTED
        assert work.get(Campaign, campaign_id).state_reason == "190"
        with pytest.raises(Invalid, match="connection_down"):
            campaigns.resume(work, campaign_id)


def test_who_opts_out_in_mid_campaign_is_skipped(cast: Cast, sandbox: SandboxProcess) -> None:
    connection = ready(cast, sandbox)
    people = contacts(cast.ana, 3)
    campaign_id = a_campaign(cast, connection)
    launch(cast, campaign_id, at=now() + timedelta(hours=1))
    with work_as(cast.ana) as work:
        work.execute("update campaign set state = 'running' where id = :id", {"id": campaign_id})
        work.execute("update recipient set due_at = now() where campaign_id = :id", {"id": campaign_id})
        claims = sending.claim_recipients(work, campaign_id, leases.take(work, "recipient", campaign_id), 10)
        work.get(Contact, people[0].id).consent_whatsapp = Consent.OPTED_OUT
        marked = sending.mark_recipients(work, campaign_id, claims)
        work.execute("update campaign set state = 'cancelled' where id = :id", {"id": campaign_id})
    assert (len(claims), len(marked)) == (3, 2)
    assert counts(cast, campaign_id)["skipped"] == 1


def test_a_reply_with_a_wrong_token_fails_and_disconnects(cast: Cast, sandbox: SandboxProcess) -> None:
    connection = ready(cast, sandbox, access_token="token-of-yesterday-too")
    contact = contacts(cast.ana, 1)[0]
    with work_as(cast.ana) as work:
        work.get(Connection, connection.id).access_token = "token-of-yesterday"
        talk = work.add(
            Conversation(
                connection_id=connection.id,
                contact_id=contact.id,
                last_message_at=now(),
                window_expires_at=now() + timedelta(hours=1),
            )
        )
        work.session.flush()
        message_id = inbox.reply(work, talk.id, "Oi")

    def failed() -> bool:
        with work_as(cast.ana) as work:
            return work.get(Message, message_id).state == SendState.FAILED

    until(failed)

    def disconnected() -> bool:
        with work_as(cast.ana) as work:
            return work.get(Connection, connection.id).status == ConnectionStatus.DISCONNECTED

    until(disconnected)
    with work_as(cast.ana) as work:
        assert work.get(Message, message_id).reason_code == "190"
        assert work.get(Connection, connection.id).status_reason == "190"
