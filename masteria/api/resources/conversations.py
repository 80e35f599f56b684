"""Conversations and their messages: read, answer, try again, mark as read."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from masteria.actions import inbox
from masteria.api.door import Caller, needs, router
from masteria.api.resources.timeline import Moment, Reason, reason_of, timeline_of
from masteria.api.shapes import Body, Cursor, Limit, Listed, Search, Shape, listed, sorted_by
from masteria.core.work import work_as
from masteria.enums import ConversationStatus, Direction, Permission
from masteria.queries import inbox as found
from masteria.queries.inbox import ConversationRow, MessageRow

routes = router("conversations")
Sort = Annotated[str, sorted_by(found.CONVERSATION_SORTS)]
MessageSort = Annotated[str, sorted_by(found.MESSAGE_SORTS)]


class Person(Shape):
    id: UUID
    name: str
    phone: str | None


class LastMessage(Shape):
    text: str
    at: datetime


class Assignee(Shape):
    id: UUID
    name: str | None


class Change(Body):
    assignee: UUID | None = Field(description="The member who answers; null: nobody in particular")


class Conversation(Shape):
    id: UUID
    contact: Person
    connection_id: UUID
    assignee: Assignee | None
    status: ConversationStatus
    unread_count: int
    window_expires_at: datetime | None
    last_message: LastMessage


class Message(Shape):
    """`campaign_id` is set for what a campaign brought."""

    id: UUID
    direction: Direction
    kind: str
    text: str
    payload: dict[str, Any]
    state: str | None
    provider_id: str | None
    error: Reason | None
    author: str | None
    campaign_id: UUID | None
    at: datetime
    timeline: list[Moment]


class Queued(Shape):
    """Ask for the rest at /messages/{id}."""

    id: UUID
    state: str


class Reply(Body):
    type: Literal["text"] = "text"
    text: str = Field(min_length=1, max_length=4096)
    client_id: str | None = Field(
        default=None, min_length=1, max_length=64, description="Your own id: the same twice is one message"
    )


@routes.get("/conversations", dependencies=[needs(Permission.READ_CONVERSATIONS)])
def list_conversations(
    caller: Caller,
    limit: Limit = 50,
    cursor: Cursor = None,
    sort: Sort = found.CONVERSATION_SORTS.usual,
    q: Search = "",
    unread: bool = False,
    contact_id: UUID | None = None,
) -> Listed[Conversation]:
    """All, or those that are found: `q` looks in names and numbers."""
    with work_as(caller) as work:
        page = found.list_conversations(
            work, q=q, unread=unread, contact_id=contact_id, sort=sort, cursor=cursor, limit=limit
        )
    return listed(_shown, page)


@routes.get("/conversations/{conversation_id}", dependencies=[needs(Permission.READ_CONVERSATIONS)])
def get(caller: Caller, conversation_id: UUID) -> Conversation:
    """One conversation's head."""
    with work_as(caller) as work:
        return _shown(found.conversation(work, conversation_id))


@routes.patch("/conversations/{conversation_id}", dependencies=[needs(Permission.EDIT_CONVERSATIONS)])
def change(caller: Caller, conversation_id: UUID, body: Change) -> Conversation:
    """Who answers from now on. A person who is no member is a 404, one who may not answer a 409."""
    with work_as(caller) as work:
        head = found.conversation(work, conversation_id)
        name = inbox.assign(work, conversation_id, body.assignee)
    return _shown(replace(head, assignee_id=body.assignee, assignee_name=name))


@routes.get("/conversations/{conversation_id}/messages", dependencies=[needs(Permission.READ_CONVERSATIONS)])
def list_messages(
    caller: Caller,
    conversation_id: UUID,
    limit: Limit = 50,
    cursor: Cursor = None,
    sort: MessageSort = found.MESSAGE_SORTS.usual,
) -> Listed[Message]:
    """Its messages, with what campaigns brought in between."""
    with work_as(caller) as work:
        return listed(_message, found.thread(work, conversation_id, sort=sort, cursor=cursor, limit=limit))


@routes.post(
    "/conversations/{conversation_id}/messages", status_code=202, dependencies=[needs(Permission.SEND_MESSAGES)]
)
def reply(caller: Caller, conversation_id: UUID, body: Reply) -> Queued:
    """Queue an answer. Outside the 24 hours after the person's last message it is a 409."""
    with work_as(caller) as work:
        message_id = inbox.reply(work, conversation_id, body.text, client_id=body.client_id)
        return Queued(id=message_id, state=found.state_of(work, message_id))


@routes.post(
    "/conversations/{conversation_id}/read", status_code=204, dependencies=[needs(Permission.EDIT_CONVERSATIONS)]
)
def mark_read(caller: Caller, conversation_id: UUID) -> None:
    """Somebody of the team has seen it."""
    with work_as(caller) as work:
        inbox.mark_read(work, conversation_id)


@routes.get("/messages/{message_id}", dependencies=[needs(Permission.READ_MESSAGES)])
def get_message(caller: Caller, message_id: UUID) -> Message:
    """One message of a conversation, and how far it got."""
    with work_as(caller) as work:
        return _message(found.message(work, message_id))


@routes.post("/messages/{message_id}/retry", status_code=202, dependencies=[needs(Permission.SEND_MESSAGES)])
def retry(caller: Caller, message_id: UUID) -> Queued:
    """Send an answer again that failed or is in doubt; any other state, or a closed 24-hour window, is a 409."""
    with work_as(caller) as work:
        inbox.retry(work, message_id)
        work.session.flush()
        return Queued(id=message_id, state=found.state_of(work, message_id))


def _shown(row: ConversationRow) -> Conversation:
    return Conversation(
        id=row.id,
        contact=Person(id=row.contact_id, name=row.name, phone=row.phone),
        connection_id=row.connection_id,
        assignee=Assignee(id=row.assignee_id, name=row.assignee_name) if row.assignee_id else None,
        status=ConversationStatus(row.status),
        unread_count=row.unread_count,
        window_expires_at=row.window_expires_at,
        last_message=LastMessage(text=row.last_message_text, at=row.last_message_at),
    )


def _message(row: MessageRow) -> Message:
    names = ("id", "kind", "text", "payload", "state", "provider_id", "author", "campaign_id", "at")
    values = {name: getattr(row, name) for name in names}
    return Message(**values, direction=Direction(row.direction), error=reason_of(row), timeline=timeline_of(row))
