"""Conversations for screens and API. A thread shows the messages and what campaigns brought, in the order of time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from masteria.core import reach
from masteria.core.work import Work
from masteria.enums import Permission
from masteria.kit.errors import NotFound
from masteria.kit.placeholders import fill
from masteria.kit.storable import storable_text
from masteria.models import Message
from masteria.queries.filters import narrowed
from masteria.queries.paging import Page, Sorting, by_id, by_time, checked_limit

CONVERSATION_SORTS = Sorting("-last_message_at", {"last_message_at": by_time("v.last_message_at")}, by_id("v.id"))
MESSAGE_SORTS = Sorting("-at", {"at": by_time("m.at")}, by_id("m.id"))
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """A last message without words (a photo, a voice note) is told by `last_message_kind`."""

    id: UUID
    connection_id: UUID
    connection_name: str
    contact_id: UUID
    name: str
    phone: str | None
    status: str
    unread_count: int
    last_message_at: datetime
    last_message_text: str
    window_expires_at: datetime | None
    last_message_kind: str
    assignee_id: UUID | None
    assignee_name: str | None


@dataclass(frozen=True, slots=True)
class MessageRow:
    """`campaign_id` is set for what a campaign brought; such a row is no message of its own and cannot be retried."""

    id: UUID
    direction: str
    kind: str
    text: str
    state: str | None
    reason_code: str | None
    at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    failed_at: datetime | None
    author: str | None
    campaign_id: UUID | None
    payload: dict[str, Any]
    provider_id: str | None


def list_conversations(
    work: Work,
    *,
    q: str = "",
    unread: bool = False,
    contact_id: UUID | None = None,
    sort: str = "",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[ConversationRow]:
    """A page, usually the most recently active first: of those that the actor reaches."""
    work.require(Permission.READ_CONVERSATIONS)
    order = CONVERSATION_SORTS.order(sort, cursor)
    reached, reader = reach.condition(work.actor)
    condition, values = narrowed({"v.company_id": work.company_id, "v.contact_id": contact_id})
    where, values = [condition, reached, order.after], {**values, **reader, **order.values}
    if q := storable_text(q, 80).strip().lower():
        where.append("(position(:q in lower(c.name)) > 0 or position(nullif(:digits, '') in c.phone) > 0)")
        values |= {"q": q, "digits": "" if _LETTER.search(q) else re.sub(r"\D", "", q)}
    if unread:
        where.append("v.unread_count > 0")
    query = f"{_CONVERSATION} where {' and '.join(where)} order by {order.by} limit :limit"
    rows = work.execute(query, {**values, "limit": checked_limit(limit) + 1})
    return order.page([ConversationRow(*row) for row in rows], limit)


def conversation(work: Work, conversation_id: UUID) -> ConversationRow:
    """One conversation's head."""
    work.require(Permission.READ_CONVERSATIONS)
    reached, reader = reach.condition(work.actor)
    query = f"{_CONVERSATION} where v.company_id = :company and v.id = :id and {reached}"
    row = work.execute(query, {"company": work.company_id, "id": conversation_id, **reader}).first()
    if row is None:
        raise NotFound("conversation")
    return ConversationRow(*row)


def thread(
    work: Work, conversation_id: UUID, *, sort: str = "", cursor: str | None = None, limit: int = 50
) -> Page[MessageRow]:
    """A page, usually the newest first."""
    order = MESSAGE_SORTS.order(sort, cursor)
    head = conversation(work, conversation_id)
    values: dict[str, Any] = {
        "company": work.company_id,
        "id": conversation_id,
        "contact": head.contact_id,
        "connection": head.connection_id,
        "limit": checked_limit(limit) + 1,
        **order.values,
    }
    page = f"order by {order.by} limit :limit"
    # each kind alone gives no more than the page needs, so that a long conversation costs what a short one does
    written, sent = (f"{source} and {order.after} {page}" for source in (_WRITTEN, _CAMPAIGNS))
    rows = work.execute(f"select * from (({written}) union all ({sent})) m {page}", values)
    return order.page([_message(row) for row in rows], limit)


def message(work: Work, message_id: UUID) -> MessageRow:
    """One message of a conversation."""
    work.require(Permission.READ_MESSAGES)
    values = {"company": work.company_id, "id": message_id}
    row = work.execute(f"select * from ({_OWN}) m where m.id = :id", values).first()
    if row is None:
        raise NotFound("message")
    reach.conversation(work, row.conversation_id)
    return _message(row)


def state_of(work: Work, message_id: UUID) -> str:
    """How far a message is that the caller has just sent."""
    work.require(Permission.SEND_MESSAGES)
    found = work.get(Message, message_id)
    reach.conversation(work, found.conversation_id)
    return str(found.state)


def _message(row: Any) -> MessageRow:
    fields = MessageRow.__dataclass_fields__
    values = {name: getattr(row, name) for name in fields}
    if row.campaign_id is not None:
        values |= {"text": fill(row.text, row.payload), "payload": {}}
    return MessageRow(**values)


_CONVERSATION = """select v.id, v.connection_id, n.name, v.contact_id, c.name, c.phone, v.status, v.unread_count,
    v.last_message_at, v.last_message_text, v.window_expires_at, v.last_message_kind, v.assignee_id, a.name
  from conversation v join contact c on c.id = v.contact_id join connection n on n.id = v.connection_id
    left join person a on a.id = v.assignee_id"""
_OWN = """select m.id, m.direction, m.kind, m.text, m.state, m.reason_code, m.created_at as at,
    m.sent_at, m.delivered_at, m.read_at, m.failed_at, p.name as author, cast(null as uuid) as campaign_id, m.payload,
    m.external_id as provider_id, m.conversation_id
  from message m left join person p on p.id = m.author_id where m.company_id = :company"""
_WRITTEN = f"""select id, direction, kind, text, state, reason_code, at, sent_at, delivered_at, read_at, failed_at,
    author, campaign_id, payload, provider_id from ({_OWN}) m where m.conversation_id = :id"""
_CAMPAIGNS = """select * from (
  select r.id, 'outbound' as direction, case when c.kind = 'template' then 'template' else 'text' end as kind,
    coalesce(t.body, c.body) as text, r.state, r.reason_code, coalesce(r.sending_at, r.state_at) as at, r.sent_at,
    r.delivered_at, r.read_at, r.failed_at, c.name as author, c.id as campaign_id, r.variables as payload, r.provider_id
  from recipient r join campaign c on c.id = r.campaign_id and c.connection_id = :connection
    left join template t on t.id = c.template_id
  where r.company_id = :company and r.contact_id = :contact
    and r.state not in ('queued', 'claimed', 'skipped')) m where true"""
