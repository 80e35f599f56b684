"""The drain: messages and statuses in any order, any number of times; poison parks alone."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from masteria.actions import inbound_events, receipts
from masteria.actions import intake as waiting
from masteria.core.access import Actor
from masteria.core.db import owner_engine
from masteria.core.work import work_as
from masteria.enums import CampaignKind, CampaignState, Consent, SendState, TemplateStatus
from masteria.flows import intake, upkeep
from masteria.kit.clock import now
from masteria.models import Campaign, Connection, Contact, Conversation, Message, Recipient, Template
from tests.cast import Cast, a_connection, a_template, contacts
from tests.core.test_months import a_month_of
from tests.metahooks import encoded, envelope, message, person, status, take_in


def recipients(actor: Actor, connection: Connection, count: int, state: SendState = SendState.SENT) -> list[Recipient]:
    """People of a running campaign whose message is out."""
    people = contacts(actor, count)
    with work_as(actor) as work:
        campaign = work.add(
            Campaign(name="Novidades", connection_id=connection.id, kind=CampaignKind.TEXT, state=CampaignState.RUNNING)
        )
        work.session.flush()
        found = [
            Recipient(
                company_id=actor.company_id,
                campaign_id=campaign.id,
                contact_id=p.id,
                phone=p.phone,
                state=state,
                due_at=now() if state == SendState.QUEUED else None,
                provider_id=f"wamid.{p.id}" if state == SendState.SENT else None,
                sending_at=now() - timedelta(minutes=2),
                sent_at=now() - timedelta(minutes=2) if state == SendState.SENT else None,
            )
            for p in people
        ]
        work.session.add_all(found)
        return found


def row(actor: Actor, recipient: Recipient) -> Recipient:
    with work_as(actor) as work:
        found = work.session.get(Recipient, recipient.id)
        assert found is not None
        return found


def bodies(actor: Actor) -> list[tuple[str, str | None]]:
    with work_as(actor) as work:
        query = "select state, error from intake where company_id = :id order by created_at"
        return [(r.state, r.error) for r in work.execute(query, {"id": actor.company_id})]


def count(actor: Actor, table: str) -> int:
    with work_as(actor) as work:
        return work.execute(
            f"select count(*) from {table} where company_id = :id", {"id": actor.company_id}
        ).scalar_one()


def seconds_ago(seconds: int) -> int:
    return int(now().timestamp()) - seconds


@pytest.mark.parametrize("seed", range(6))
def test_statuses_shuffled_and_tripled_end_the_same(cast: Cast, seed: int) -> None:
    connection = a_connection(cast.ana)
    sent = recipients(cast.ana, connection, 20)
    at = seconds_ago(60)
    words = [("sent", at), ("delivered", at + 1), ("read", at + 2)]
    events = [(r, word, moment) for r in sent for word, moment in words] * 3
    random.Random(seed).shuffle(events)
    for start in range(0, len(events), 30):
        part = events[start : start + 30]
        statuses = [status(r.provider_id or "", w, t, biz_opaque_callback_data=f"r:{r.id}") for r, w, t in part]
        take_in(cast.ana, connection, envelope(connection, statuses=statuses))
        if start % 60:
            intake.read()
    intake.read()
    for recipient in sent:
        found = row(cast.ana, recipient)
        assert found.state == SendState.READ
        assert found.delivered_at is not None
        assert (int(found.delivered_at.timestamp()), int(found.read_at.timestamp())) == (at + 1, at + 2)  # pyright: ignore[reportOptionalMemberAccess]
    assert {state for state, _ in bodies(cast.ana)} == {"done"}


@pytest.mark.parametrize(
    ("words", "state"),
    [
        (["read", "sent"], "read"),
        (["read", "delivered", "failed"], "read"),
        (["failed", "sent"], "failed"),
        (["failed", "delivered"], "delivered"),
        (["delivered", "failed"], "delivered"),
        (["played"], "read"),
        (["deleted"], "sent"),
    ],
)
def test_a_state_never_goes_back(cast: Cast, words: list[str], state: str) -> None:
    connection = a_connection(cast.ana)
    (recipient,) = recipients(cast.ana, connection, 1)
    for word in words:
        take_in(cast.ana, connection, envelope(connection, statuses=[status(recipient.provider_id or "", word)]))
        intake.read()
    assert row(cast.ana, recipient).state == state


def test_a_status_settles_what_was_in_doubt(cast: Cast) -> None:
    connection = a_connection(cast.ana)
    (recipient,) = recipients(cast.ana, connection, 1, SendState.IN_DOUBT)
    late = status("wamid.LATE", "delivered", biz_opaque_callback_data=f"r:{recipient.id}")
    take_in(cast.ana, connection, envelope(connection, statuses=[late]))
    intake.read()
    found = row(cast.ana, recipient)
    assert (found.state, found.provider_id, found.reason_code) == (SendState.DELIVERED, "wamid.LATE", None)


def test_a_status_of_an_unknown_message_is_kept(cast: Cast) -> None:
    connection = a_connection(cast.ana)
    take_in(cast.ana, connection, envelope(connection, statuses=[status("wamid.EARLY", "read")] * 2))
    intake.read()
    assert count(cast.ana, "stray_status") == 1


def test_another_companys_message_is_out_of_reach(cast: Cast) -> None:
    theirs, mine = a_connection(cast.clara), a_connection(cast.ana)
    (recipient,) = recipients(cast.clara, theirs, 1)
    forged = status(recipient.provider_id or "", "failed", biz_opaque_callback_data=f"r:{recipient.id}")
    take_in(cast.ana, mine, envelope(mine, statuses=[forged]))
    intake.read()
    assert row(cast.clara, recipient).state == SendState.SENT


def test_the_same_message_delivered_in_many_batches_is_one(cast: Cast) -> None:
    connection = a_connection(cast.ana)
    first = message("Oi")
    for more in range(5):
        take_in(cast.ana, connection, envelope(connection, messages=[first], contacts=[person()], n=more))
        if more == 2:
            intake.read()
    intake.read()
    assert (count(cast.ana, "message"), count(cast.ana, "contact"), count(cast.ana, "conversation")) == (1, 1, 1)
    with work_as(cast.ana) as work:
        assert work.session.exec(work.select(Conversation)).one().unread_count == 1


def test_messages_in_disorder_leave_the_newest_on_top(cast: Cast) -> None:
    connection = a_connection(cast.ana)
    times = {"um": seconds_ago(50), "dois": seconds_ago(40), "três": seconds_ago(30)}
    for text in ("três", "um", "dois"):
        take_in(cast.ana, connection, envelope(connection, messages=[message(text, timestamp=str(times[text]))]))
        intake.read()
    with work_as(cast.ana) as work:
        found = work.session.exec(work.select(Conversation)).one()
    assert (found.last_message_text, found.unread_count) == ("três", 3)
    assert found.window_expires_at is not None
    assert int(found.window_expires_at.timestamp()) == times["três"] + 86_400


def test_events_go_to_the_connection_of_their_number(cast: Cast) -> None:
    signer, other = a_connection(cast.ana), a_connection(cast.ana)
    foreign = a_connection(cast.clara)
    body = envelope(other, messages=[message("para o outro")])
    body["entry"] += envelope(foreign, messages=[message("para ninguém daqui")])["entry"]
    take_in(cast.ana, signer, body)
    intake.read()
    with work_as(cast.ana) as work:
        assert work.session.exec(work.select(Conversation)).one().connection_id == other.id
    assert bodies(cast.ana) == [("parked", f"unknown number {foreign.external_id}")]
    assert count(cast.clara, "message") == 0


def poison(connection_id: UUID) -> None:
    """From now on the database refuses this company's messages with the word: a body that nobody can apply."""
    with owner_engine().connect() as owner:
        rule = f"alter table app.message add constraint poison check (text <> 'veneno {connection_id}') not valid"
        owner.execute(sa.text(rule))
        owner.commit()


@pytest.fixture
def poisoned(cast: Cast) -> Any:
    connection = a_connection(cast.ana)
    poison(connection.id)
    yield connection
    with owner_engine().connect() as owner:
        owner.execute(sa.text("alter table app.message drop constraint poison"))
        owner.commit()


def test_poison_is_parked_alone_and_its_neighbours_are_unharmed(cast: Cast, poisoned: Connection) -> None:
    (recipient,) = recipients(cast.ana, poisoned, 1)
    bad = [message(f"veneno {poisoned.id}"), message("no mesmo corpo", sender="5511900000002")]
    read = [status(recipient.provider_id or "", "read")]
    take_in(cast.ana, poisoned, envelope(poisoned, messages=[message("antes", sender="5511900000003")]))
    take_in(cast.ana, poisoned, envelope(poisoned, messages=bad, statuses=read))
    take_in(cast.ana, poisoned, envelope(poisoned, messages=[message("depois", sender="5511900000004")]))
    intake.read()
    states = bodies(cast.ana)
    assert [state for state, _ in states] == ["done", "parked", "done"]
    assert "IntegrityError" in (states[1][1] or "")
    assert "veneno" not in (states[1][1] or "")
    with work_as(cast.ana) as work:
        texts = {m.text for m in work.session.exec(work.select(Message))}
    assert texts == {"antes", "no mesmo corpo", "depois"}
    assert row(cast.ana, recipient).state == SendState.READ


def test_what_the_database_cannot_keep_is_cleaned_and_a_good_one_follows(cast: Cast) -> None:
    connection = a_connection(cast.ana)
    deep: Any = "x"
    for _ in range(200):
        deep = {"d": deep}
    hostile = [
        message("com\x00nulo e \ud83d meio emoji"),
        message("x" * 70_000),
        message("fundo", sender="5511900000002", context=deep),
        message("<script>alert(1)</script>", sender="5511900000003"),
    ]
    take_in(cast.ana, connection, envelope(connection, messages=hostile, contacts=[person("Bia\x00\ud83d")]))
    take_in(cast.ana, connection, b"no json at all", envelope(connection, messages=[message("boa")]))
    intake.read()
    assert bodies(cast.ana) == [("done", None), ("parked", "not a JSON object"), ("done", None)]
    with work_as(cast.ana) as work:
        texts = {m.text for m in work.session.exec(work.select(Message))}
        assert {"comnulo e ? meio emoji", "x" * 70_000, "<script>alert(1)</script>", "boa", "fundo"} == texts
        assert "Bia?" in {c.name for c in work.session.exec(work.select(Contact))}


def test_what_is_not_understood_is_named(cast: Cast) -> None:
    connection = a_connection(cast.ana)
    take_in(cast.ana, connection, envelope(connection, field="flows"), envelope(connection))
    intake.read()
    assert bodies(cast.ana) == [("done", "not understood: field: flows"), ("done", None)]


def test_refused_for_a_marketing_stop_opts_out(cast: Cast) -> None:
    connection = a_connection(cast.ana)
    by_echo, by_id, other = recipients(cast.ana, connection, 3)
    errors = [{"code": 131050, "title": "stopped"}]
    statuses = [
        status("wamid.X", "failed", errors=errors, biz_opaque_callback_data=f"r:{by_echo.id}"),
        status(by_id.provider_id or "", "failed", errors=errors),
        status(other.provider_id or "", "failed", errors=[{"code": 131026}]),
    ]
    take_in(cast.ana, connection, envelope(connection, statuses=statuses))
    intake.read()
    with work_as(cast.ana) as work:
        found = {c.id: c.consent_whatsapp for c in work.session.exec(work.select(Contact))}
    assert [found[r.contact_id] for r in (by_echo, by_id, other)] == [  # pyright: ignore[reportArgumentType]
        Consent.OPTED_OUT,
        Consent.OPTED_OUT,
        Consent.UNKNOWN,
    ]


def test_of_two_wishes_in_one_batch_the_later_one_counts(cast: Cast) -> None:
    connection = a_connection(cast.ana)
    who = {"wa_id": "5511900000001", "category": "marketing_messages"}
    for value, at in (("resume", seconds_ago(5)), ("stop", seconds_ago(50))):
        wish = [{**who, "value": value, "timestamp": at}]
        take_in(cast.ana, connection, envelope(connection, field="user_preferences", user_preferences=wish))
    intake.read()
    with work_as(cast.ana) as work:
        assert work.session.exec(work.select(Contact)).one().consent_whatsapp == Consent.OPTED_IN


def test_a_templates_status_follows_for_every_number_of_the_account(cast: Cast) -> None:
    first = a_connection(cast.ana)
    second = a_connection(cast.ana, account_id=first.account_id)
    elsewhere = a_connection(cast.ana)
    templates = [a_template(cast.ana, c, external_id="700") for c in (first, second, elsewhere)]
    change = {"field": "message_template_status_update", "value": {"event": "PAUSED", "message_template_id": 700}}
    take_in(cast.ana, first, {"entry": [{"id": first.account_id, "changes": [change]}]})
    intake.read()
    with work_as(cast.ana) as work:
        states = [work.get(Template, t.id).status for t in templates]
    assert states == [TemplateStatus.PAUSED, TemplateStatus.PAUSED, TemplateStatus.APPROVED]


def test_a_numbers_quality_follows(cast: Cast) -> None:
    connection = a_connection(cast.ana, address="+55 11 90000-0100", quality="GREEN")
    value = {"display_phone_number": "5511900000100", "event": "FLAGGED"}
    change = {"field": "phone_number_quality_update", "value": value}
    take_in(cast.ana, connection, {"entry": [{"id": connection.account_id, "changes": [change]}]})
    intake.read()
    with work_as(cast.ana) as work:
        assert work.get(Connection, connection.id).quality == "RED"


def test_another_workers_batch_is_left_alone(cast: Cast) -> None:
    connection = a_connection(cast.ana)
    take_in(cast.ana, connection, encoded(envelope(connection, messages=[message("na mão de outro")])))
    with work_as(cast.ana) as other:
        other.execute("select id from intake where company_id = :id for update", {"id": cast.ana.company_id})
        intake.read()
        assert count(cast.ana, "message") == 0
    intake.read()
    assert count(cast.ana, "message") == 1


def test_a_claim_is_bounded_by_its_bytes_yet_never_empty(cast: Cast) -> None:
    connection = a_connection(cast.ana)
    take_in(cast.ana, connection, b"a" * 900, b"b" * 90, b"c" * 9)
    with work_as(cast.ana) as work:
        assert [len(body.raw) for body in waiting.claim(work, 10, size=1000)] == [900, 90, 9]
        assert [len(body.raw) for body in waiting.claim(work, 10, size=990)] == [900, 90]
        assert [len(body.raw) for body in waiting.claim(work, 10, size=10)] == [900]
        assert [len(body.raw) for body in waiting.claim(work, 1, size=1000)] == [900]


def test_statuses_that_came_too_early_are_attached_to_their_message(cast: Cast) -> None:
    connection = a_connection(cast.ana)
    early = [status("wamid.EARLY", word) for word in ("sent", "delivered", "read")]
    take_in(cast.ana, connection, envelope(connection, statuses=[*early, status("wamid.NOBODYS", "read")]))
    intake.read()
    (recipient,) = recipients(cast.ana, connection, 1, SendState.SENDING)
    with work_as(cast.ana) as work:
        receipts.settle_strays(work, connection.id)
        assert count(cast.ana, "stray_status") == 4
        work.execute("update recipient set provider_id = 'wamid.EARLY' where id = :id", {"id": recipient.id})
        receipts.settle_strays(work, connection.id)
    assert row(cast.ana, recipient).state == SendState.READ
    assert count(cast.ana, "stray_status") == 1


def test_old_bodies_are_thrown_away_but_not_those_that_wait_for_a_person(cast: Cast) -> None:
    connection = a_connection(cast.ana)
    take_in(cast.ana, connection, envelope(connection, statuses=[status("wamid.EARLY", "read")]), b"no json")
    intake.read()
    upkeep.tidy()
    assert (count(cast.ana, "intake"), count(cast.ana, "stray_status")) == (2, 1)
    for older in (4, 5):  # months, in which there is one body each
        a_month_of("intake", older)
    with work_as(cast.ana) as work:
        work.execute("update stray_status set created_at = now() - interval '15 days'")
        work.execute(
            """update intake set month = date_trunc('month', now()) - interval '1 month'
                 * case when state = 'done' then 4 else 5 end"""
        )
    upkeep.tidy()
    assert bodies(cast.ana) == [("parked", "not a JSON object")]
    assert count(cast.ana, "stray_status") == 0


def did(actor: Actor) -> list[dict[str, Any]]:
    with work_as(actor) as work:
        query = "select did from intake where company_id = :id order by created_at"
        return list(work.execute(query, {"id": actor.company_id}).scalars())


def test_each_body_keeps_what_its_events_did(cast: Cast) -> None:
    connection = a_connection(cast.ana)
    (recipient,) = recipients(cast.ana, connection, 1)
    wamid, first = recipient.provider_id or "", message("Oi")
    statuses = [status(wamid, word) for word in ("delivered", "sent", "delivered", "deleted", "warped")]
    take_in(cast.ana, connection, envelope(connection, messages=[first, first], statuses=statuses))
    take_in(cast.ana, connection, envelope(connection, messages=[first], statuses=[status("wamid.EARLY", "read")]))
    intake.read()
    assert [found["each"] for found in did(cast.ana)] == [
        ["message_stored", "repeat", "moved_to_delivered", "repeat", "repeat", "kept", "kept"],
        ["repeat", "waits"],
    ]
    assert did(cast.ana)[0]["counts"] == {"message_stored": 1, "repeat": 3, "moved_to_delivered": 1, "kept": 2}


def test_of_many_statuses_only_the_counts_are_kept(cast: Cast) -> None:
    connection = a_connection(cast.ana)
    many = [status(f"wamid.EARLY{n}", "read") for n in range(150)]
    take_in(cast.ana, connection, envelope(connection, statuses=many))
    intake.read()
    assert did(cast.ana) == [{"counts": {"waits": 150}}]


def test_the_part_that_could_not_be_applied_is_named(cast: Cast, poisoned: Connection) -> None:
    bad = [message(f"veneno {poisoned.id}"), message("boa", sender="5511900000002")]
    take_in(cast.ana, poisoned, envelope(poisoned, messages=bad))
    intake.read()
    assert did(cast.ana)[0]["each"] == ["not_applied", "message_stored"]


def test_a_parked_body_is_processed_again_once_its_cause_is_gone(cast: Cast) -> None:
    connection = a_connection(cast.ana)
    take_in(cast.ana, connection, envelope(connection, messages=[message("antes"), message("x", sender="55119000001")]))
    with work_as(cast.ana) as work:
        work.execute("update intake set state = 'parked', error = 'x' where company_id = :id", {"id": work.company_id})
        row_id = work.execute("select id from intake where company_id = :id", {"id": work.company_id}).scalar_one()
    with work_as(cast.ana) as work:
        inbound_events.reprocess(work, row_id)
    for _ in range(2):  # once more changes nothing
        intake.read()
        assert (bodies(cast.ana), count(cast.ana, "message")) == ([("done", None)], 2)
        with work_as(cast.ana) as work:
            inbound_events.reprocess(work, row_id)
