"""Conversations as screens and API read them: the list by its newest, a thread with what campaigns brought."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from masteria.actions import inbox as actions
from masteria.core.access import Actor
from masteria.core.work import Work, work_as
from masteria.enums import CampaignKind, CampaignState, Direction, SendState
from masteria.kit.clock import now
from masteria.kit.errors import Forbidden, Invalid, NotFound
from masteria.models import Campaign, Connection, Contact, Conversation, Message, Recipient, Template
from masteria.queries import inbox, intake, paging
from tests.cast import Cast, a_connection, a_template

NOON = now().replace(microsecond=0)


def talks(actor: Actor, names: list[str]) -> list[UUID]:
    """A conversation each, the first the newest; every second one unread."""
    connection = a_connection(actor)
    found = []
    with work_as(actor) as work:
        for n, name in enumerate(names):
            contact = work.add(Contact(name=name, phone=f"+55119870000{n:02d}"))
            work.session.flush()
            talk = Conversation(
                connection_id=connection.id,
                contact_id=contact.id,
                unread_count=n % 2,
                last_message_at=NOON - timedelta(minutes=n // 3),  # some at the same moment
                last_message_kind="audio",
            )
            found.append(work.add(talk).id)
    return found


def pages(work: Work, limit: int, **filters: object) -> list[UUID]:
    found: list[UUID] = []
    cursor = None
    while True:
        page = inbox.list_conversations(work, cursor=cursor, limit=limit, **filters)  # pyright: ignore[reportArgumentType]
        found += [row.id for row in page.rows]
        cursor = page.next_cursor
        if cursor is None:
            return found


def test_pages_hold_everyone_once_and_the_newest_first(cast: Cast) -> None:
    made = talks(cast.ana, [f"Pessoa {n}" for n in range(8)])
    talks(cast.clara, ["Alheia"])
    with work_as(cast.vera) as work:
        for limit in (1, 3, 8, 50):
            assert set(pages(work, limit)) == set(made)
            assert pages(work, limit) == pages(work, 50)
        times = [row.last_message_at for row in inbox.list_conversations(work).rows]
        assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("BEATRIZ", {"Beatriz"}),
        ("at", {"Beatriz", "Renata 11"}),
        ("+55 (11) 98700-0001", {"Renata 11"}),
        ("0002", {"Caio"}),
        ("renata 11", {"Renata 11"}),
        ("11", {"Beatriz", "Renata 11", "Caio"}),
        ("%", set()),
        ("a\x00\ud800", set()),
        ("  ", {"Beatriz", "Renata 11", "Caio"}),
    ],
)
def test_people_are_found_by_name_or_by_digits(cast: Cast, q: str, found: set[str]) -> None:
    talks(cast.ana, ["Beatriz", "Renata 11", "Caio"])
    with work_as(cast.ana) as work:
        assert {row.name for row in inbox.list_conversations(work, q=q).rows} == found


def test_the_unread_alone(cast: Cast) -> None:
    made = talks(cast.ana, ["a", "b", "c", "d"])
    with work_as(cast.ana) as work:
        assert set(pages(work, 1, unread=True)) == {made[1], made[3]}
        assert inbox.list_conversations(work).rows[0].last_message_kind == "audio"


def test_a_foreign_cursor_is_refused(cast: Cast) -> None:
    with work_as(cast.ana) as work:
        sort = "-last_message_at"
        for values in ([sort, "soon", "not an id"], [sort, NOON, "1"], ["last_message_at", NOON, UUID(int=7)], [1]):
            with pytest.raises(Invalid, match="cursor"):
                inbox.list_conversations(work, cursor=paging.encode(values))
        for cursor in ("x", "%"):
            with pytest.raises(Invalid, match="cursor"):
                inbox.list_conversations(work, cursor=cursor)
        with pytest.raises(Invalid, match="limit"):
            inbox.list_conversations(work, limit=201)


def test_another_companys_conversation_is_not_found(cast: Cast) -> None:
    (talk,) = talks(cast.ana, ["Bia"])
    with work_as(cast.clara) as work:
        for ask in (inbox.conversation, inbox.thread, inbox.message):
            with pytest.raises(NotFound):
                ask(work, talk)


class Story:
    """Bia's conversation on a number, and the company's campaigns to her."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.connection = a_connection(actor)
        self.template = a_template(actor, self.connection)
        with work_as(actor) as work:
            contact = work.add(Contact(name="Bia", phone="+5511987654321"))
            work.session.flush()
            talk = work.add(Conversation(connection_id=self.connection.id, contact_id=contact.id, last_message_at=NOON))
            self.contact_id, self.id = contact.id, talk.id

    def message(self, text: str, at: datetime, **values: object) -> UUID:
        with work_as(self.actor) as work:
            fields = {"conversation_id": self.id, "direction": Direction.INBOUND, "text": text, "created_at": at}
            return work.add(Message(**{**fields, **values})).id  # pyright: ignore[reportArgumentType]

    def campaign(
        self, state: SendState, at: datetime, connection: Connection | None = None, template: Template | None = None
    ) -> None:
        kind = CampaignKind.TEMPLATE if template else CampaignKind.TEXT
        with work_as(self.actor) as work:
            found = work.add(
                Campaign(
                    name="Novidades",
                    connection_id=(connection or self.connection).id,
                    kind=kind,
                    template_id=template.id if template else None,
                    body="" if template else "Olá {{name}}!",
                    state=CampaignState.RUNNING,
                )
            )
            work.session.flush()
            work.session.add(
                Recipient(
                    company_id=work.company_id,
                    campaign_id=found.id,
                    contact_id=self.contact_id,
                    variables={"1": "Bia", "name": "Bia"},
                    state=state,
                    due_at=now() if state == SendState.QUEUED else None,
                    reason_code="131026" if state == SendState.FAILED else None,
                    sending_at=at,
                )
            )


def test_a_thread_merges_messages_with_what_campaigns_brought(cast: Cast) -> None:
    story = Story(cast.ana)
    story.campaign(SendState.READ, NOON, template=story.template)
    story.message("Quanto custa?", NOON + timedelta(minutes=1))
    story.message(
        "Dez reais", NOON + timedelta(minutes=2), direction=Direction.OUTBOUND, author_id=cast.bruno.person_id
    )
    story.campaign(SendState.FAILED, NOON + timedelta(minutes=3))
    with work_as(cast.vera) as work:
        rows = inbox.thread(work, story.id).rows[::-1]
    assert [(r.text, r.kind, r.state, r.author) for r in rows] == [
        ("Oi Bia, temos novidades para você.", "template", "read", "Novidades"),
        ("Quanto custa?", "text", None, None),
        ("Dez reais", "text", None, "Bruno"),
        ("Olá Bia!", "text", "failed", "Novidades"),
    ]
    assert [r.campaign_id is not None for r in rows] == [True, False, False, True]
    assert (rows[3].reason_code, rows[0].payload) == ("131026", {})


def test_a_thread_shows_nothing_that_has_not_left_or_left_from_another_number(cast: Cast) -> None:
    story = Story(cast.ana)
    for state in (SendState.QUEUED, SendState.CLAIMED, SendState.SKIPPED):
        story.campaign(state, NOON)
    story.campaign(SendState.SENT, NOON, connection=a_connection(cast.ana))
    with work_as(cast.ana) as work:
        assert inbox.thread(work, story.id).rows == []


def test_a_thread_comes_in_pages(cast: Cast) -> None:
    story = Story(cast.ana)
    for n in range(5):
        story.message(f"m{n}", NOON)
        story.campaign(SendState.SENT, NOON + timedelta(seconds=n))
    with work_as(cast.ana) as work:
        whole = inbox.thread(work, story.id).rows
        found, cursor = [], None
        for _ in range(4):
            page = inbox.thread(work, story.id, cursor=cursor, limit=3)
            found += page.rows
            cursor = page.next_cursor
    assert (found, cursor, len(whole)) == (whole, None, 10)


def test_one_message_with_its_times(cast: Cast) -> None:
    story = Story(cast.ana)
    values = {"direction": Direction.OUTBOUND, "state": SendState.DELIVERED, "delivered_at": NOON}
    message_id = story.message("Oi", NOON, **values)
    with work_as(cast.ana) as work:
        found = inbox.message(work, message_id)
    assert (found.state, found.delivered_at) == ("delivered", NOON)


def test_who_is_held_to_their_own_reads_nothing_of_anothers(cast: Cast) -> None:
    mine, nobodys, anothers = talks(cast.ana, ["Ada", "Bia", "Caio"])
    bruno = replace(cast.bruno, own_only=True)
    with work_as(cast.ana) as work:
        actions.assign(work, mine, cast.bruno.person_id)
        actions.assign(work, anothers, cast.ana.person_id)
        said = [work.add(Message(conversation_id=c, direction=Direction.INBOUND, text="Oi")) for c in (mine, anothers)]
    with work_as(bruno) as work:
        assert {row.id for row in inbox.list_conversations(work).rows} == {mine, nobodys}
        assert inbox.list_conversations(work, q="Caio").rows == []
        assert inbox.conversation(work, mine).assignee_name == "Bruno"
        assert inbox.message(work, said[0].id).text == "Oi"
        for read in (
            lambda: inbox.conversation(work, anothers),
            lambda: inbox.thread(work, anothers),
            lambda: inbox.message(work, said[1].id),
            lambda: inbox.state_of(work, said[1].id),
        ):
            with pytest.raises(NotFound):
                read()
        with pytest.raises(Forbidden):  # raw webhooks hold everybody's messages
            intake.inbound_events(work)
