"""Conversations: what people write in, what we answer, who reads."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col

from masteria.actions import activity
from masteria.core.jobs import Job
from masteria.core.work import Work
from masteria.enums import Consent, ConversationStatus, Direction, Happened, Permission, SendState, Topic
from masteria.kit.clock import now
from masteria.kit.errors import Conflict, Invalid
from masteria.kit.phone import match_key
from masteria.models import Contact, Conversation, Message

WINDOW = timedelta(hours=24)  # Meta's customer-service window, from the person's last message
TEXT_LIMIT = 4096
STOP_WORDS = frozenset({"sair", "parar", "pare", "cancelar", "descadastrar", "remover", "stop", "unsubscribe", "baja"})
START_WORDS = frozenset({"voltar", "start", "alta"})


def receive(work: Work, connection_id: UUID, event: Any) -> UUID | None:
    """Store a person's message once: contact, conversation, window. None if it was known already."""
    known = work.execute(
        "select 1 from message where company_id = :company and external_id = :id",
        {"company": work.company_id, "id": event.external_id},
    ).scalar()
    if known:
        return None
    contact = _contact(work, event.sender, event.user_id, event.name)
    conversation = _conversation(work, connection_id, contact, event.at)
    message = work.add(
        Message(
            conversation_id=conversation.id,
            direction=Direction.INBOUND,
            kind=event.kind[:32],
            text=event.text,
            payload=event.payload,
            external_id=event.external_id,
            created_at=event.at,
        )
    )
    _note_arrival(work, contact, conversation, event)
    work.session.flush()
    activity.record(work, conversation, Happened.MESSAGE_RECEIVED, kind=event.kind)
    work.announce(Topic.CONVERSATION, conversation.id)
    return message.id


def set_preference(work: Work, sender: str | None, user_id: str | None, value: str) -> None:
    """Meta says that this person stopped or resumed marketing messages."""
    contact = _find(work, sender, user_id)
    if contact is not None:
        contact.consent_whatsapp = Consent.OPTED_OUT if value == "stop" else Consent.OPTED_IN
        work.announce(Topic.CONTACT, contact.id)


def opt_out_refused(work: Work, opaques: list[str]) -> None:
    """Messages refused because the person had stopped marketing: from now on that stands here too."""
    work.execute(
        """update contact c set consent_whatsapp = 'opted_out', changed_at = now() from recipient r
           where r.company_id = :company and r.id = any(cast(:ids as uuid[])) and c.id = r.contact_id""",
        {"company": work.company_id, "ids": [o.partition(":")[2] for o in opaques if o.startswith("r:")]},
    )


def reply(work: Work, conversation_id: UUID, text: str, *, client_id: str | None = None) -> UUID:
    """Queue an answer. `client_id` makes a double Enter one message. Outside the 24 hours it is `Conflict`."""
    work.require(Permission.SEND_MESSAGES)
    conversation = work.get(Conversation, conversation_id, lock=True)
    text = text.strip()
    if not text:
        raise Invalid("text", "missing")
    if len(text) > TEXT_LIMIT:
        raise Invalid("text", "too_long", limit=TEXT_LIMIT)
    if client_id is not None:
        again = work.session.exec(
            work.select(Message).where(Message.conversation_id == conversation_id, Message.client_id == client_id)
        ).first()
        if again is not None:
            return again.id
    if conversation.window_expires_at is None or conversation.window_expires_at <= now():
        raise Conflict("window_closed")
    message = work.add(_reply(work, conversation, text, client_id))
    conversation.last_message_at, conversation.last_message_text = message.created_at, text[:200]
    work.session.flush()
    work.later(Job.SEND_MESSAGES)
    work.announce(Topic.CONVERSATION, conversation_id)
    return message.id


def retry(work: Work, message_id: UUID) -> None:
    """A person decides to send a failed or doubtful answer again."""
    work.require(Permission.SEND_MESSAGES)
    message = work.get(Message, message_id, lock=True)
    if message.state not in (SendState.FAILED, SendState.IN_DOUBT):
        raise Conflict("state", state=str(message.state))
    conversation = work.get(Conversation, message.conversation_id)
    if conversation.window_expires_at is None or conversation.window_expires_at <= now():
        raise Conflict("window_closed")
    message.state, message.due_at, message.attempts = SendState.QUEUED, now(), 0
    message.reason_code = message.external_id = message.failed_at = None
    work.later(Job.SEND_MESSAGES)
    work.announce(Topic.CONVERSATION, message.conversation_id)


def mark_read(work: Work, conversation_id: UUID) -> None:
    """Somebody of the team has seen it."""
    work.require(Permission.EDIT_CONVERSATIONS)
    conversation = work.get(Conversation, conversation_id, lock=True)
    if conversation.unread_count:
        conversation.unread_count = 0
        work.announce(Topic.CONVERSATION, conversation_id)


def normalised(text: str) -> str:
    """Lower case, without accents, zero-width marks and punctuation at the ends."""
    plain = unicodedata.normalize("NFKD", text)
    kept = "".join(c for c in plain if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
    return " ".join(kept.lower().split()).strip(" .!?,;:'\"")


def _reply(work: Work, conversation: Conversation, text: str, client_id: str | None) -> Message:
    return Message(
        conversation_id=conversation.id,
        direction=Direction.OUTBOUND,
        text=text,
        author_id=work.actor.person_id,
        client_id=client_id[:64] if client_id else None,
        state=SendState.QUEUED,
        due_at=now(),
    )


def _note_arrival(work: Work, contact: Contact, conversation: Conversation, event: Any) -> None:
    if event.opens_window:
        expires = event.at + WINDOW
        conversation.window_expires_at = max(conversation.window_expires_at or expires, expires)
        contact.last_inbound_at = max(contact.last_inbound_at or event.at, event.at)
        conversation.unread_count += 1
        _credit_reply(work, contact)
    if event.at >= conversation.last_message_at or not conversation.last_message_text:
        conversation.last_message_at, conversation.last_message_text = event.at, (event.text or event.kind)[:200]
    conversation.status = ConversationStatus.OPEN
    word = normalised(event.text)
    if word in STOP_WORDS:
        contact.consent_whatsapp = Consent.OPTED_OUT
        work.announce(Topic.CONTACT, contact.id)
    elif word in START_WORDS and contact.consent_whatsapp == Consent.OPTED_OUT:
        contact.consent_whatsapp = Consent.OPTED_IN
        work.announce(Topic.CONTACT, contact.id)


def _credit_reply(work: Work, contact: Contact) -> None:
    """The campaign that reached this person last, within a week, has been answered."""
    rows = work.execute(
        """update recipient r set replied_at = now() from (select id from recipient where company_id = :company
             and contact_id = :contact and sent_at > now() - interval '7 days' order by sent_at desc limit 1) last
           where r.id = last.id and r.replied_at is null returning r.campaign_id""",
        {"company": work.company_id, "contact": contact.id},
    )
    for campaign_id in rows.scalars():
        work.announce(Topic.CAMPAIGN, campaign_id)


def _contact(work: Work, sender: str | None, user_id: str | None, name: str) -> Contact:
    contact = _find(work, sender, user_id)
    if contact is None:
        phone = f"+{sender}" if sender else None
        contact = work.add(Contact(phone=phone, match_key=_key(sender, user_id), name=name[:200]))
        work.session.flush()
        activity.record(work, contact, Happened.CONTACT_CREATED, source="whatsapp")
        work.announce(Topic.CONTACT, contact.id)
    if sender:
        contact.whatsapp_id = sender
    contact.name = contact.name or name[:200]
    return contact


def _find(work: Work, sender: str | None, user_id: str | None) -> Contact | None:
    for condition in (
        col(Contact.whatsapp_id) == sender if sender else None,
        col(Contact.match_key) == _key(sender, user_id),
    ):
        if condition is not None:
            found = work.session.exec(work.select(Contact).where(condition).with_for_update()).first()
            if found is not None:
                return found
    return None


def _key(sender: str | None, user_id: str | None) -> str | None:
    return match_key(sender) if sender else user_id and user_id[:64]


def _conversation(work: Work, connection_id: UUID, contact: Contact, at: datetime) -> Conversation:
    query = work.select(Conversation).where(
        Conversation.connection_id == connection_id, Conversation.contact_id == contact.id
    )
    found = work.session.exec(query.with_for_update()).first()
    if found is not None:
        return found
    made = work.add(Conversation(connection_id=connection_id, contact_id=contact.id, last_message_at=at))
    work.session.flush()
    activity.record(work, made, Happened.CONVERSATION_CREATED)
    return made
