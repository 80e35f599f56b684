"""Conversations, the team's side: answering, trying again, having read, whose it is. Only those that the actor reaches."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import select

from masteria.actions import activity, ranks
from masteria.core import reach
from masteria.core.jobs import Job
from masteria.core.work import Work
from masteria.enums import Direction, Happened, Permission, SendState, Topic
from masteria.kit.clock import now
from masteria.kit.errors import Conflict, Invalid, NotFound
from masteria.kit.storable import storable_text
from masteria.models import Conversation, Member, Message, Person

TEXT_LIMIT = 4096  # characters of one WhatsApp text
CLIENT_ID_LIMIT = 64


def reply(work: Work, conversation_id: UUID, text: str, *, client_id: str | None = None) -> UUID:
    """Queue an answer. `client_id` makes a double Enter one message. Outside the 24 hours it is `Conflict`."""
    work.require(Permission.SEND_MESSAGES)
    conversation = reach.conversation(work, conversation_id, lock=True)
    text, client_id = _text(text), _client_id(client_id)
    if client_id is not None:
        query = work.select(Message).where(Message.conversation_id == conversation_id, Message.client_id == client_id)
        again = work.session.exec(query).first()
        if again is not None:
            return again.id
    _check_window(conversation)
    message = work.add(_reply(work, conversation, text, client_id))
    if message.created_at >= conversation.last_message_at:
        conversation.last_message_at = message.created_at
        conversation.last_message_text, conversation.last_message_kind = text[:200], message.kind
    work.session.flush()
    activity.record(work, conversation, Happened.CONVERSATION_UPDATED, row=message, reply=str(message.id))
    work.later(Job.SEND_MESSAGES)
    work.announce(Topic.CONVERSATION, conversation_id)
    return message.id


def retry(work: Work, message_id: UUID) -> None:
    """A person decides to send a failed answer again, or one in doubt: no machine may decide that."""
    work.require(Permission.SEND_MESSAGES)
    message = work.get(Message, message_id, lock=True)
    if message.state not in (SendState.FAILED, SendState.IN_DOUBT):
        raise Conflict("state", state=str(message.state))
    conversation = reach.conversation(work, message.conversation_id)
    _check_window(conversation)
    message.state, message.due_at, message.attempts = SendState.QUEUED, now(), 0
    message.reason_code = message.external_id = message.failed_at = None
    activity.record(work, conversation, Happened.CONVERSATION_UPDATED, row=message, retry=str(message_id))
    work.later(Job.SEND_MESSAGES)
    work.announce(Topic.CONVERSATION, message.conversation_id)


def mark_read(work: Work, conversation_id: UUID) -> None:
    """Somebody of the team has seen it."""
    work.require(Permission.EDIT_CONVERSATIONS)
    conversation = reach.conversation(work, conversation_id, lock=True)
    if conversation.unread_count:
        conversation.unread_count = 0
        activity.record(work, conversation, Happened.CONVERSATION_UPDATED, read=True)
        work.announce(Topic.CONVERSATION, conversation_id)


def assign(work: Work, conversation_id: UUID, person_id: UUID | None) -> str | None:
    """From now on this member answers, whose name is returned, or nobody. `NotFound` for who is no member here."""
    work.require(Permission.EDIT_CONVERSATIONS)
    conversation = reach.conversation(work, conversation_id, lock=True)
    name = _answering(work, person_id) if person_id is not None else None
    if conversation.assignee_id != person_id:
        conversation.assignee_id = person_id
        activity.record(work, conversation, Happened.CONVERSATION_ASSIGNED, assignee=name)
        work.announce(Topic.CONVERSATION, conversation_id)
    return name


def _answering(work: Work, person_id: UUID) -> str:
    """The name of a member who may answer."""
    member = work.session.exec(work.select(Member).where(Member.person_id == person_id)).one_or_none()
    if member is None:
        raise NotFound("Member")
    name = work.session.exec(select(Person.name).where(Person.id == person_id)).one()
    ranks.check_answers(work, member, name)
    return name


def _text(text: str) -> str:
    text = storable_text(text).strip()
    if not text:
        raise Invalid("text", "missing")
    if len(text) > TEXT_LIMIT:
        raise Invalid("text", "too_long", limit=TEXT_LIMIT)
    return text


def _client_id(client_id: str | None) -> str | None:
    if client_id is None or not client_id.strip():
        return None
    if len(client_id) > CLIENT_ID_LIMIT:
        raise Invalid("client_id", "too_long", limit=CLIENT_ID_LIMIT)
    return storable_text(client_id)


def _check_window(conversation: Conversation) -> None:
    """Meta takes free text only within 24 hours of the person's last message; its refusal would come too late."""
    if conversation.window_expires_at is None or conversation.window_expires_at <= now():
        raise Conflict("window_closed")


def _reply(work: Work, conversation: Conversation, text: str, client_id: str | None) -> Message:
    return Message(
        conversation_id=conversation.id,
        direction=Direction.OUTBOUND,
        text=text,
        author_id=work.actor.person_id,
        client_id=client_id,
        state=SendState.QUEUED,
        due_at=now(),
    )
