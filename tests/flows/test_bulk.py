"""A batch of webhooks costs a statement a kind, however many events it brings, and each event's effect is still told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from masteria.core.access import Actor
from masteria.core.db import APP, engine
from masteria.core.work import work_as
from masteria.enums import Consent, Effect, Happened
from masteria.flows import intake
from masteria.models import Connection, Contact, Intake
from tests.cast import Cast, a_connection, a_template
from tests.flows.test_intake import recipients, seconds_ago
from tests.metahooks import envelope, message, status, take_in

STOPPED = [{"code": 131050, "title": "stopped"}]
MANY = 200
Body = dict[str, Any]


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is sent to the database meanwhile; `executemany` counts as one, as it is one prepared statement."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        said.append(statement)

    event.listen(engine(APP), "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine(APP), "before_cursor_execute", note)


def effects(actor: Actor) -> list[list[Effect]]:
    with work_as(actor) as work:
        rows = work.session.exec(work.select(Intake).order_by(sa.text("created_at"))).all()
        told = [found.did or {} for found in rows]
        return [did.get("each") or list(did["counts"]) for did in told]


def happened(actor: Actor, word: Happened) -> int:
    with work_as(actor) as work:
        query = "select count(*) from activity where company_id = :id and happened = :word"
        return work.execute(query, {"id": actor.company_id, "word": str(word)}).scalar_one()


def refusals(actor: Actor, connection: Connection, count: int) -> list[Body]:
    """Half of the people had stopped long ago, so not every row changes in the same columns; messages come between."""
    sent = recipients(actor, connection, count)
    with work_as(actor) as work:
        for one in sent[::2]:
            work.get(Contact, one.contact_id or "").consent_whatsapp = Consent.OPTED_OUT
    return [
        envelope(
            connection,
            messages=[message(at_second, sender=f"55119{n:08d}", timestamp=at_second)],
            statuses=[status(r.provider_id or "", "failed", int(at_second), errors=STOPPED)],
        )
        for n, r in enumerate(sent)
        if (at_second := str(seconds_ago(count - n)))
    ]


def preferences(actor: Actor, connection: Connection, count: int) -> list[Body]:
    who = [{"wa_id": f"55119{n:08d}", "category": "marketing_messages", "value": "stop"} for n in range(count)]
    return [envelope(connection, field="user_preferences", user_preferences=[wish]) for wish in who]


def clicks(actor: Actor, connection: Connection, count: int) -> list[Body]:
    data = {"click_id": "c", "click_component": "CTA"}
    kind = {"action_type": "marketing_messages_link_click", "marketing_messages_link_click_data": data}
    return [envelope(connection, user_actions=[{**kind, "from": f"55119{n:08d}"}]) for n in range(count)]


def notices(actor: Actor, connection: Connection, count: int) -> list[Body]:
    words = ("FLAGGED", "UNFLAGGED", "DOWNGRADE")
    return [
        envelope(connection, field="phone_number_quality_update", event=words[n % 3], current_limit=f"TIER_{250 + n}")
        for n in range(count)
    ]


def decisions(actor: Actor, connection: Connection, count: int) -> list[Body]:
    """Some change one column, some another."""
    made = [a_template(actor, connection, name=f"n{n}") for n in range(count)]
    change = {"field": "message_template_status_update"}
    events = [{"event": "PAUSED"}, {"event": "REJECTED", "reason": "SCAM"}]
    return [
        envelope(connection, **change, **events[n % 2], message_template_id=t.external_id, message_template_name=t.name)
        for n, t in enumerate(made)
    ]


@pytest.mark.parametrize("make", [refusals, preferences, clicks, notices, decisions])
def test_a_batch_makes_as_many_statements_as_a_small_one(
    cast: Cast, make: Callable[[Actor, Connection, int], list[Body]]
) -> None:
    counted: list[int] = []
    intake.read()  # whatever another test left waiting
    for actor, many in ((cast.clara, 4), (cast.ana, MANY)):
        connection = a_connection(actor, address="+5511900000100")
        take_in(actor, connection, *make(actor, connection, many))
        with statements() as said:
            intake.read()
        counted.append(len(said))
        assert {frozenset(did) & {Effect.NOT_APPLIED, Effect.KEPT} for did in effects(actor)} == {frozenset()}
    assert counted[1] == counted[0] < 60


def test_each_refusal_says_what_it_did(cast: Cast) -> None:
    connection = a_connection(cast.ana)
    take_in(cast.ana, connection, *refusals(cast.ana, connection, 4))
    intake.read()
    assert effects(cast.ana) == [
        [Effect.MESSAGE_STORED, Effect.MOVED_TO_FAILED, found]
        for found in (Effect.CONSENT_UNCHANGED, Effect.OPTED_OUT) * 2
    ]
    assert happened(cast.ana, Happened.CONTACT_OPTED_OUT) == 2


@pytest.mark.parametrize(
    ("word", "value", "word_is_later", "consent"),
    [
        ("voltar", "stop", True, Consent.UNKNOWN),
        ("voltar", "stop", False, Consent.OPTED_OUT),
        ("sair", "resume", True, Consent.OPTED_OUT),
        ("sair", "resume", False, Consent.OPTED_IN),
    ],
)
def test_of_a_word_and_the_switch_in_one_batch_the_later_counts(
    cast: Cast, word: str, value: str, word_is_later: bool, consent: Consent
) -> None:
    connection = a_connection(cast.ana)
    spoken, switched = (seconds_ago(5), seconds_ago(50)) if word_is_later else (seconds_ago(50), seconds_ago(5))
    wish = {"wa_id": "5511900000001", "category": "marketing_messages", "value": value, "timestamp": switched}
    take_in(
        cast.ana,
        connection,
        envelope(connection, messages=[message("Oi", timestamp=str(seconds_ago(90)))]),
        envelope(connection, messages=[message(word, timestamp=str(spoken))]),
        envelope(connection, field="user_preferences", user_preferences=[wish]),
    )
    intake.read()
    with work_as(cast.ana) as work:
        assert work.session.exec(work.select(Contact)).one().consent_whatsapp == consent


def test_what_is_written_before_and_after_a_move_is_one_persons(cast: Cast) -> None:
    connection = a_connection(cast.ana)
    system = {"type": "user_changed_number", "wa_id": "5511900000002"}
    moved = message("", type="system", system=system, timestamp=str(seconds_ago(30)))
    before = message("antes", timestamp=str(seconds_ago(60)))
    after = message("depois", sender="5511900000002", timestamp=str(seconds_ago(5)))
    take_in(cast.ana, connection, envelope(connection, messages=[after, moved, before]))
    intake.read()
    with work_as(cast.ana) as work:
        assert work.session.exec(work.select(Contact)).one().phone == "+5511900000002"
