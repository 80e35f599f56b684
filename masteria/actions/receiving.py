"""What comes in from people: their messages, clicks and changes of number. Each counts once, in whatever order.

Whatever the number of events, there is one statement a table. Drains of one company take turns, so that a stranger who
writes twice at once is made once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from masteria.actions import activity, people, tally, wishes
from masteria.actions.people import People
from masteria.channels.base import Clicked, Inbound, Moved
from masteria.core.work import Work
from masteria.enums import Consent, ConversationStatus, Direction, Effect, Happened, SendState, Topic
from masteria.kit.ids import new_id
from masteria.models import Connection, Contact, Conversation, Message

WINDOW = timedelta(hours=24)  # Meta's customer-service window, from the person's last message
Arrival = tuple[UUID, Inbound]  # the connection it came in on, and what


def receive_many(work: Work, arrivals: Sequence[Arrival]) -> list[Effect]:
    """Store messages once each: contact, conversation, window. In order, which is that of time; says what each did."""
    people.take_turns(work)
    fresh = new_external_ids(work, [event.external_id for _, event in arrivals])
    effects: list[Effect] = []
    new: list[Arrival] = []
    for connection_id, event in arrivals:
        if event.external_id in fresh:
            fresh.discard(event.external_id)
            new.append((connection_id, event))
            effects.append(Effect.ECHO_STORED if event.is_echo else Effect.MESSAGE_STORED)
        else:
            effects.append(Effect.REPEAT)
    if new:
        _store(work, new)
    return effects


def new_external_ids(work: Work, ids: Iterable[str]) -> set[str]:
    """Those of the vendor's message ids that are not known yet; from here on they are. The one place that says so."""
    made = work.execute(
        """insert into message_key (company_id, external_id, created_at)
           select :company, id, now() from unnest(cast(:ids as text[])) id on conflict do nothing returning external_id""",
        {"company": work.company_id, "ids": sorted(set(ids))},
    )
    return set(made.scalars())


def move(work: Work, moved: Moved) -> Effect:
    """Follow a person to a new number or id. If the new number is somebody's already, only an opt-out goes along."""
    people.take_turns(work)
    known = People(work, [(moved.sender, moved.user_id), (moved.new_sender, moved.new_user_id)])
    contact = known.find(moved.sender, moved.user_id)
    if contact is None:
        return Effect.CONTACT_UNKNOWN
    other = known.find(moved.new_sender, moved.new_user_id)
    if other is not None and other.id != contact.id:
        if contact.consent_whatsapp == Consent.OPTED_OUT:
            return wishes.note(work, other, Consent.OPTED_OUT, "moved", moved.at)
        return Effect.KEPT
    if moved.new_sender:
        people.number(contact, moved.new_sender)
    contact.whatsapp_user_id = moved.new_user_id or contact.whatsapp_user_id
    activity.record(work, contact, Happened.CONTACT_UPDATED, source="whatsapp", fields=["phone"])
    work.announce(Topic.CONTACT, contact.id)
    return Effect.CONTACT_MOVED


def note_clicks(work: Work, clicks: Sequence[tuple[UUID, Clicked]]) -> list[Effect]:
    """Links of marketing messages were followed: noted of the person, or of the number where nobody is known."""
    known = People(work, [(click.sender, None) for _, click in clicks])
    numbers = work.select(Connection).where(col(Connection.id).in_({connection_id for connection_id, _ in clicks}))
    ours = {row.id: row for row in work.session.exec(numbers)}
    found = [(known.find(click.sender, None) or ours[connection_id], click) for connection_id, click in clicks]
    details = [(who, _clicked(click)) for who, click in found]
    activity.record_each(work, details, Happened.LINK_CLICKED)
    return [Effect.CLICK_NOTED] * len(clicks)


def _clicked(click: Clicked) -> dict[str, str | None]:
    return {"component": click.component, "message": click.external_id, "at": str(click.at)}


def _store(work: Work, new: list[Arrival]) -> None:
    known = People(work, [(event.sender, event.user_id) for _, event in new])
    met = [known.meet(event.sender, event.user_id, event.name) for _, event in new]
    talks = _conversations(
        work, [(connection_id, who, event) for (connection_id, event), who in zip(new, met, strict=True)]
    )
    for (_, event), who, talk in zip(new, met, talks.each, strict=True):
        if not event.is_echo:
            wishes.note_word(work, who, event)
        _note_arrival(who, talk, event)
    known.settle()
    rows = [_row(work, talk, event) for (_, event), talk in zip(new, talks.each, strict=True)]
    work.session.execute(sa.insert(Message), rows)  # pyright: ignore[reportDeprecated]
    _credit_replies(work, [(c, e, who) for (c, e), who in zip(new, met, strict=True) if e.opens_window])
    activity.record_all(work, talks.made, Happened.CONVERSATION_CREATED)
    heard = [(talk, {"kind": e.kind}) for (_, e), talk in zip(new, talks.each, strict=True) if not e.is_echo]
    activity.record_each(work, heard, Happened.MESSAGE_RECEIVED)
    for talk in {talk.id: talk for talk in talks.each}.values():
        work.announce(Topic.CONVERSATION, talk.id)


def _row(work: Work, conversation: Conversation, event: Inbound) -> dict[str, object]:
    return {
        "id": new_id(),
        "company_id": work.company_id,
        "conversation_id": conversation.id,
        "direction": Direction.OUTBOUND if event.is_echo else Direction.INBOUND,
        "kind": event.kind,
        "text": event.text,
        "payload": {**event.payload, "echo": True} if event.is_echo else event.payload,
        "external_id": event.external_id,
        "state": SendState.SENT if event.is_echo else None,  # it is out already: nobody sends it again
        "sent_at": event.at if event.is_echo else None,
        "created_at": event.at,
    }


def _note_arrival(contact: Contact, conversation: Conversation, event: Inbound) -> None:
    if event.opens_window:
        expires = event.at + WINDOW
        conversation.window_expires_at = max(conversation.window_expires_at or expires, expires)
        conversation.unread_count += 1
        contact.last_inbound_at = max(contact.last_inbound_at or event.at, event.at)
    if event.at >= conversation.last_message_at:
        conversation.last_message_at = event.at
        conversation.last_message_text, conversation.last_message_kind = event.text[:200], event.kind
    if not event.is_echo:
        conversation.status = ConversationStatus.OPEN


@dataclass(frozen=True, slots=True)
class _Talks:
    """The conversation of each message, and those that are new."""

    each: list[Conversation]
    made: list[Conversation]


def _conversations(work: Work, met: list[tuple[UUID, Contact, Inbound]]) -> _Talks:
    """The conversation of each person on each number, locked. New ones are written down with what they hold at the end."""
    wanted = [(connection_id, who.id) for connection_id, who, _ in met]
    pair = sa.tuple_(col(Conversation.connection_id), col(Conversation.contact_id))
    query = work.select(Conversation).where(pair.in_(set(wanted))).order_by(col(Conversation.id)).with_for_update()
    with work.session.no_autoflush:
        rows = work.session.exec(query.execution_options(populate_existing=True)).all()
    found, made = {(row.connection_id, row.contact_id): row for row in rows}, []
    for connection_id, who, event in met:
        if (connection_id, who.id) not in found:
            fresh = Conversation(id=new_id(), connection_id=connection_id, contact_id=who.id, last_message_at=event.at)
            found[connection_id, who.id] = work.add(fresh)
            made.append(fresh)
    return _Talks([found[key] for key in wanted], made)


def _credit_replies(work: Work, answers: list[tuple[UUID, Inbound, Contact]]) -> None:
    """The campaign that reached a person last on this number, within a week, has been answered."""
    if not answers:
        return
    rows = work.execute(
        tally.counted(_CREDIT, "campaign_id"),
        {
            "company": work.company_id,
            "connections": [connection_id for connection_id, _, _ in answers],
            "contacts": [contact.id for _, _, contact in answers],
            "times": [event.at for _, event, _ in answers],
        },
    )
    for campaign_id in set(rows.scalars()):
        work.announce(Topic.CAMPAIGN, campaign_id)


# whole seconds are all that a webhook's time has; rows are locked in the order of their ids, as the merge does
_CREDIT = """with answered as (
  select * from unnest(cast(:contacts as uuid[]), cast(:connections as uuid[]), cast(:times as timestamptz[]))
    as a(contact, connection, at)),
last as (
  select l.id, min(a.at) as at from answered a cross join lateral (
    select r.id from recipient r join campaign c on c.id = r.campaign_id and c.connection_id = a.connection
    where r.company_id = :company and r.contact_id = a.contact
      and date_trunc('second', coalesce(r.sent_at, r.sending_at)) between a.at - interval '7 days' and a.at
    order by coalesce(r.sent_at, r.sending_at) desc limit 1) l group by l.id),
locked as materialized (
  select r.id, last.at from recipient r join last on last.id = r.id order by r.id for update of r)
update recipient r set replied_at = locked.at from locked
  where r.id = locked.id and (r.replied_at is null or r.replied_at > locked.at)"""
