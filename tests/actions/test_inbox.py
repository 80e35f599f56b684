"""Answering: once, within the window, and again only by a person's decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from masteria.actions import contacts, inbox
from masteria.core.access import Actor
from masteria.core.jobs import Job
from masteria.core.work import Work, work_as
from masteria.enums import Direction, SendState, Topic
from masteria.kit.clock import now
from masteria.kit.errors import Conflict, Forbidden, Invalid, NotFound
from masteria.models import Contact, Conversation, Message
from tests.cast import Cast, a_connection


def a_conversation(
    actor: Actor, window: timedelta | None = timedelta(hours=5), *, phone: str = "+5511987654321"
) -> UUID:
    connection = a_connection(actor)
    with work_as(actor) as work:
        contact = work.add(Contact(phone=phone, name="Bia"))
        work.session.flush()
        found = work.add(
            Conversation(
                connection_id=connection.id,
                contact_id=contact.id,
                unread_count=2,
                last_message_at=now() - timedelta(minutes=1),
                window_expires_at=now() + window if window is not None else None,
            )
        )
        return found.id


def test_a_reply_is_queued_and_announced(cast: Cast) -> None:
    conversation_id = a_conversation(cast.ana)
    with work_as(cast.bruno) as work:
        message = work.get(Message, inbox.reply(work, conversation_id, "  Olá, Bia  "))
        assert (message.text, message.state, message.author_id) == ("Olá, Bia", SendState.QUEUED, cast.bruno.person_id)
        assert (message.direction, message.due_at is not None) == (Direction.OUTBOUND, True)
        assert work.get(Conversation, conversation_id).last_message_text == "Olá, Bia"
        assert work.rung == [(Job.SEND_MESSAGES, ())]
        assert (Topic.CONVERSATION, conversation_id) in work.announced


def test_a_double_enter_is_one_message(cast: Cast) -> None:
    conversation_id = a_conversation(cast.ana)
    found = []
    for client_id in ("a", "a", "b", None, None):
        with work_as(cast.ana) as work:
            found.append(inbox.reply(work, conversation_id, "Oi", client_id=client_id))
    assert found[0] == found[1]
    assert len(set(found)) == 4


@pytest.mark.parametrize("window", [None, timedelta(seconds=-1)])
def test_outside_the_window_a_text_is_refused(cast: Cast, window: timedelta | None) -> None:
    conversation_id = a_conversation(cast.ana, window)
    with work_as(cast.ana) as work, pytest.raises(Conflict, match="window_closed"):
        inbox.reply(work, conversation_id, "Oi")


@pytest.mark.parametrize(("text", "reason"), [("", "missing"), (" \n\x00 ", "missing"), ("x" * 4097, "too_long")])
def test_a_text_must_be_sendable(cast: Cast, text: str, reason: str) -> None:
    conversation_id = a_conversation(cast.ana)
    with work_as(cast.ana) as work, pytest.raises(Invalid, match=reason):
        inbox.reply(work, conversation_id, text)


def test_a_long_client_id_is_refused_rather_than_cut(cast: Cast) -> None:
    conversation_id = a_conversation(cast.ana)
    with work_as(cast.ana) as work, pytest.raises(Invalid, match="client_id"):
        inbox.reply(work, conversation_id, "Oi", client_id="x" * 65)


def test_what_the_database_cannot_keep_is_cleaned(cast: Cast) -> None:
    conversation_id = a_conversation(cast.ana)
    with work_as(cast.ana) as work:
        message_id = inbox.reply(work, conversation_id, "a\x00b \ud83d " + "x" * 4000)
    with work_as(cast.ana) as work:
        assert work.get(Message, message_id).text.startswith("ab ? x")


@pytest.mark.parametrize("state", [SendState.FAILED, SendState.IN_DOUBT])
def test_a_person_may_try_again(cast: Cast, state: SendState) -> None:
    message_id = a_message(cast, state)
    with work_as(cast.ana) as work:
        inbox.retry(work, message_id)
        message = work.get(Message, message_id)
        assert (message.state, message.reason_code, message.attempts) == (SendState.QUEUED, None, 0)
        assert (Job.SEND_MESSAGES, ()) in work.rung


@pytest.mark.parametrize("state", [SendState.QUEUED, SendState.SENDING, SendState.SENT, SendState.READ, None])
def test_what_has_not_failed_is_not_sent_again(cast: Cast, state: SendState | None) -> None:
    message_id = a_message(cast, state)
    with work_as(cast.ana) as work, pytest.raises(Conflict, match="state"):
        inbox.retry(work, message_id)


def test_reading_clears_the_count_once(cast: Cast) -> None:
    conversation_id = a_conversation(cast.ana)
    with work_as(cast.ana) as work:
        inbox.mark_read(work, conversation_id)
        assert work.get(Conversation, conversation_id).unread_count == 0
        assert work.announced == [(Topic.CONVERSATION, conversation_id)]
    with work_as(cast.ana) as work:
        inbox.mark_read(work, conversation_id)
        assert work.announced == []


def test_the_outsider_finds_nothing_and_the_viewer_may_not(cast: Cast) -> None:
    conversation_id, message_id = a_conversation(cast.ana), a_message(cast, SendState.FAILED)
    for actor, error in ((cast.clara, NotFound), (cast.vera, Forbidden)):
        for act in (
            lambda w: inbox.reply(w, conversation_id, "Oi"),
            lambda w: inbox.mark_read(w, conversation_id),
            lambda w: inbox.retry(w, message_id),
        ):
            with work_as(actor) as work, pytest.raises(error):
                act(work)


def a_message(cast: Cast, state: SendState | None) -> UUID:
    conversation_id = a_conversation(cast.ana)
    with work_as(cast.ana) as work:
        return _add(work, conversation_id, state).id


def _add(work: Work, conversation_id: UUID, state: SendState | None) -> Message:
    direction = Direction.OUTBOUND if state else Direction.INBOUND
    values = {"state": state, "reason_code": "131000", "attempts": 3}
    values |= {"due_at": now()} if state == SendState.QUEUED else {}
    return work.add(Message(conversation_id=conversation_id, direction=direction, text="Oi", **values))  # pyright: ignore[reportArgumentType]


def owner_of(cast: Cast, conversation_id: UUID) -> UUID | None:
    with work_as(cast.ana) as work:
        return work.get(Conversation, conversation_id).assignee_id


def test_a_conversation_is_somebodys_or_nobodys(cast: Cast) -> None:
    talk = a_conversation(cast.ana)
    for who in (cast.bruno.person_id, cast.ana.person_id, None):
        with work_as(cast.ana) as work:
            inbox.assign(work, talk, who)
            assert (Topic.CONVERSATION, talk) in work.announced
        assert owner_of(cast, talk) == who


def test_only_who_is_here_and_may_answer_is_given_a_conversation(cast: Cast) -> None:
    talk = a_conversation(cast.ana)
    for who, error in ((cast.clara, NotFound), (cast.vera, Conflict)):
        with pytest.raises(error), work_as(cast.ana) as work:
            inbox.assign(work, talk, who.person_id)
    assert owner_of(cast, talk) is None


def test_who_is_held_to_their_own_does_nothing_to_anothers(cast: Cast) -> None:
    talk, bruno = a_conversation(cast.ana), replace(cast.bruno, own_only=True)
    with work_as(cast.ana) as work:
        inbox.assign(work, talk, cast.ana.person_id)
        failed = work.add(Message(conversation_id=talk, direction=Direction.OUTBOUND, state=SendState.FAILED))
        contact_id = work.get(Conversation, talk).contact_id
    for deed in (
        lambda w: inbox.reply(w, talk, "Oi"),
        lambda w: inbox.retry(w, failed.id),
        lambda w: inbox.mark_read(w, talk),
        lambda w: inbox.assign(w, talk, cast.bruno.person_id),
        lambda w: contacts.delete(w, contact_id),
    ):
        with pytest.raises(NotFound), work_as(bruno) as work:
            deed(work)
    with work_as(cast.ana) as work:
        assert (work.get(Conversation, talk).unread_count, work.get(Message, failed.id).state) == (2, SendState.FAILED)


def test_who_is_held_to_their_own_takes_what_is_nobodys(cast: Cast) -> None:
    talk, bruno = a_conversation(cast.ana), replace(cast.bruno, own_only=True)
    with work_as(bruno) as work:
        inbox.assign(work, talk, cast.bruno.person_id)
        inbox.reply(work, talk, "Oi")
        inbox.assign(work, talk, cast.ana.person_id)
    with pytest.raises(NotFound), work_as(bruno) as work:
        inbox.reply(work, talk, "Oi de novo")
