"""What comes in from people: their messages, wishes and changes of number. Each counts once, in whatever order."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from sqlmodel import col

from masteria.actions import activity, tally
from masteria.channels.base import Inbound, Moved, Preference, Receipt
from masteria.core.work import Work
from masteria.enums import Consent, ConversationStatus, Direction, Happened, Topic
from masteria.kit.phone import match_key, read_phone
from masteria.models import Contact, Conversation, Message

WINDOW = timedelta(hours=24)  # Meta's customer-service window, from the person's last message
STOPPED_MARKETING = "131050"
STOP_WORDS = frozenset({"sair", "parar", "pare", "cancelar", "descadastrar", "remover", "stop", "unsubscribe", "baja"})
START_WORDS = frozenset({"voltar", "start", "alta"})
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SPOKEN = frozenset({"text", "button", "interactive", "edit"})  # kinds whose text is the person's own word


def receive(work: Work, connection_id: UUID, event: Inbound) -> UUID | None:
    """Store a person's message once: contact, conversation, window. None if it was known already."""
    if not _first_time(work, event.external_id):
        return None
    contact = _known_or_new(work, event)
    conversation = _conversation(work, connection_id, contact, event)
    message = work.add(
        Message(
            conversation_id=conversation.id,
            direction=Direction.INBOUND,
            kind=event.kind,
            text=event.text,
            payload=event.payload,
            external_id=event.external_id,
            created_at=event.at,
        )
    )
    _note_wish(work, contact, event)
    _note_arrival(contact, conversation, event)
    if event.opens_window:
        _credit_reply(work, connection_id, contact, event)
    work.session.flush()
    activity.record(work, conversation, Happened.MESSAGE_RECEIVED, kind=event.kind)
    work.announce(Topic.CONVERSATION, conversation.id)
    return message.id


def _first_time(work: Work, external_id: str) -> bool:
    """Whether no message of this id has come in before; from here on one has."""
    made = work.execute(
        """insert into message_key (company_id, external_id, created_at) values (:company, :id, now())
           on conflict do nothing""",
        {"company": work.company_id, "id": external_id},
    )
    return made.rowcount == 1


def set_preference(work: Work, wish: Preference) -> None:
    """The vendor says that this person stopped or resumed marketing; a stranger's stop is remembered too."""
    contact = _find(work, wish.sender, wish.user_id)
    if contact is None and wish.value == "stop":
        contact = _new(work, wish.sender, wish.user_id, "")
    if contact is not None:
        _set_consent(work, contact, Consent.OPTED_OUT if wish.value == "stop" else Consent.OPTED_IN, "preference")


def opt_out_refused(work: Work, connection_id: UUID, receipts: Iterable[Receipt]) -> None:
    """Messages refused because the person had stopped marketing: from now on that stands here too."""
    refused = [r for r in receipts if r.error_code == STOPPED_MARKETING]
    if not refused:
        return
    rows = work.execute(
        _REFUSED,
        {
            "company": work.company_id,
            "connection": connection_id,
            "recipients": _echoed("r:", refused),
            "messages": _echoed("m:", refused),
            "ids": [r.external_id for r in refused],
        },
    )
    for contact_id in rows.scalars():
        _set_consent(work, work.get(Contact, contact_id, lock=True), Consent.OPTED_OUT, "refused")


def move(work: Work, moved: Moved) -> None:
    """Follow a person to a new number or id. If the new number is somebody's already, only an opt-out goes along."""
    contact = _find(work, moved.sender, moved.user_id)
    if contact is None:
        return
    other = _find(work, moved.new_sender, moved.new_user_id)
    if other is not None and other.id != contact.id:
        if contact.consent_whatsapp == Consent.OPTED_OUT:
            _set_consent(work, other, Consent.OPTED_OUT, "moved")
        return
    if moved.new_sender:
        contact.phone, contact.match_key = _phone(moved.new_sender), match_key(moved.new_sender)
        contact.whatsapp_id = moved.new_sender
    contact.whatsapp_user_id = moved.new_user_id or contact.whatsapp_user_id
    activity.record(work, contact, Happened.CONTACT_UPDATED, source="whatsapp", fields=["phone"])
    work.announce(Topic.CONTACT, contact.id)


def normalised(text: str) -> str:
    """Lower case, without accents, zero-width marks and punctuation at the ends."""
    plain = unicodedata.normalize("NFKD", text)
    kept = "".join(c for c in plain if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
    return " ".join(kept.lower().split()).strip(" .!?,;:'\"")


def _echoed(prefix: str, receipts: list[Receipt]) -> list[str]:
    found = [(r.opaque or "").removeprefix(prefix) for r in receipts if (r.opaque or "").startswith(prefix)]
    return [text for text in found if _UUID.fullmatch(text)]


def _note_wish(work: Work, contact: Contact, event: Inbound) -> None:
    """An opt-out is the whole message: "vou sair agora" is none. An older wish never undoes a newer one."""
    if event.kind not in SPOKEN or (contact.last_inbound_at is not None and event.at < contact.last_inbound_at):
        return
    word = normalised(event.text[:100])
    if word in STOP_WORDS:
        _set_consent(work, contact, Consent.OPTED_OUT, "word")
    elif word in START_WORDS and contact.consent_whatsapp == Consent.OPTED_OUT:
        _set_consent(work, contact, Consent.OPTED_IN, "word")


def _set_consent(work: Work, contact: Contact, consent: Consent, source: str) -> None:
    if contact.consent_whatsapp != consent:
        contact.consent_whatsapp = consent
        activity.record(work, contact, Happened.CONTACT_UPDATED, consent=str(consent), source=source)
        work.announce(Topic.CONTACT, contact.id)


def _note_arrival(contact: Contact, conversation: Conversation, event: Inbound) -> None:
    if event.opens_window:
        expires = event.at + WINDOW
        conversation.window_expires_at = max(conversation.window_expires_at or expires, expires)
        conversation.unread_count += 1
        contact.last_inbound_at = max(contact.last_inbound_at or event.at, event.at)
    if event.at >= conversation.last_message_at:
        conversation.last_message_at = event.at
        conversation.last_message_text, conversation.last_message_kind = event.text[:200], event.kind
    conversation.status = ConversationStatus.OPEN


def _credit_reply(work: Work, connection_id: UUID, contact: Contact, event: Inbound) -> None:
    """The campaign that reached this person last on this number, within a week, has been answered."""
    rows = work.execute(
        tally.counted(_CREDIT, "campaign_id"),
        {"company": work.company_id, "contact": contact.id, "connection": connection_id, "at": event.at},
    )
    for campaign_id in rows.scalars():
        work.announce(Topic.CAMPAIGN, campaign_id)


def _known_or_new(work: Work, event: Inbound) -> Contact:
    contact = _find(work, event.sender, event.user_id) or _new(work, event.sender, event.user_id, event.name)
    contact.whatsapp_id = event.sender or contact.whatsapp_id
    contact.whatsapp_user_id = event.user_id or contact.whatsapp_user_id
    contact.name = contact.name or event.name[:200]
    if event.sender and contact.match_key is None:  # until now known by the user id alone
        contact.phone, contact.match_key = _phone(event.sender), match_key(event.sender)
    return contact


def _find(work: Work, sender: str | None, user_id: str | None) -> Contact | None:
    """By the id that stays with the person, then by the digits, then by what is the same number in another spelling."""
    looks = [(Contact.whatsapp_user_id, user_id), (Contact.whatsapp_id, sender)]
    looks.append((Contact.match_key, match_key(sender) if sender else None))
    for column, value in looks:
        if value is None:  # `= null` would find whoever has none
            continue
        query = work.select(Contact).where(col(column) == value).order_by(col(Contact.created_at))
        found = work.session.exec(query.with_for_update().execution_options(populate_existing=True)).first()
        if found is not None:
            return found
    return None


def _new(work: Work, sender: str | None, user_id: str | None, name: str) -> Contact:
    contact = work.add(
        Contact(
            phone=_phone(sender) if sender else None,
            match_key=match_key(sender) if sender else None,
            whatsapp_id=sender,
            whatsapp_user_id=user_id,
            name=name[:200],
        )
    )
    work.session.flush()
    activity.record(work, contact, Happened.CONTACT_CREATED, source="whatsapp")
    work.announce(Topic.CONTACT, contact.id)
    return contact


def _phone(sender: str) -> str:
    """WhatsApp may know a Brazilian mobile without its ninth digit; we keep it as it is dialled."""
    found = read_phone(f"+{sender}")
    return found.e164 if found else f"+{sender}"


def _conversation(work: Work, connection_id: UUID, contact: Contact, event: Inbound) -> Conversation:
    query = work.select(Conversation).where(
        Conversation.connection_id == connection_id, Conversation.contact_id == contact.id
    )
    found = work.session.exec(query.with_for_update().execution_options(populate_existing=True)).first()
    if found is not None:
        return found
    made = work.add(Conversation(connection_id=connection_id, contact_id=contact.id, last_message_at=event.at))
    work.session.flush()
    activity.record(work, made, Happened.CONVERSATION_CREATED)
    return made


# whole seconds are all that a webhook's time has
_CREDIT = """update recipient r set replied_at = :at from (
    select r.id from recipient r join campaign c on c.id = r.campaign_id and c.connection_id = :connection
    where r.company_id = :company and r.contact_id = :contact
      and date_trunc('second', coalesce(r.sent_at, r.sending_at))
        between cast(:at as timestamptz) - interval '7 days' and cast(:at as timestamptz)
    order by coalesce(r.sent_at, r.sending_at) desc limit 1) last
  where r.id = last.id and (r.replied_at is null or r.replied_at > :at)"""
_REFUSED = """select r.contact_id from recipient r where r.company_id = :company and r.contact_id is not null
    and (r.id = any(cast(:recipients as uuid[])) or r.provider_id = any(:ids))
  union select v.contact_id from message m join conversation v on v.id = m.conversation_id
  where m.company_id = :company and v.connection_id = :connection
    and (m.id = any(cast(:messages as uuid[])) or m.external_id = any(:ids))"""
