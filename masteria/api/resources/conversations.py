"""Conversations, messages, and what webhooks brought."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from masteria.actions import inbox as actions
from masteria.api.doors import Needs, WorkRoute
from masteria.api.resources.shapes import Body, Cursor, Limit, page, plain
from masteria.core.work import Work
from masteria.enums import Permission
from masteria.queries import inbox as queries

router = APIRouter(route_class=WorkRoute, tags=["conversations"])
Reader = Annotated[Work, Needs(Permission.READ_CONVERSATIONS)]
Editor = Annotated[Work, Needs(Permission.EDIT_CONVERSATIONS)]
MessageReader = Annotated[Work, Needs(Permission.READ_MESSAGES)]
Sender = Annotated[Work, Needs(Permission.SEND_MESSAGES)]


class Reply(Body):
    text: str = Field(max_length=5000)


def shape(row: queries.ConversationRow) -> dict[str, Any]:
    """A conversation as the API shows it."""
    found = plain(row)
    contact = {"id": found.pop("contact_id"), "name": found.pop("name"), "phone": found.pop("phone")}
    last = {"text": found.pop("last_message_text"), "at": found.pop("last_message_at")}
    return {**found, "contact": contact, "last_message": last}


@router.get("/conversations")
def list_conversations(
    work: Reader, q: str = "", unread: bool = False, cursor: Cursor = None, limit: Limit = 50
) -> dict[str, Any]:
    return page(queries.list_conversations(work, q=q, unread=unread, cursor=cursor, limit=limit), shape)


@router.get("/conversations/{conversation_id}")
def get_conversation(work: Reader, conversation_id: UUID) -> dict[str, Any]:
    return shape(queries.conversation(work, conversation_id))


@router.get("/conversations/{conversation_id}/messages")
def list_messages(work: Reader, conversation_id: UUID, cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    return page(queries.thread(work, conversation_id, cursor=cursor, limit=limit), _message)


@router.post("/conversations/{conversation_id}/messages", status_code=202)
def reply(work: Sender, conversation_id: UUID, body: Reply) -> dict[str, Any]:
    message_id = actions.reply(work, conversation_id, body.text)
    return {"id": str(message_id), "state": "queued"}


@router.post("/conversations/{conversation_id}/read", status_code=204)
def mark_read(work: Editor, conversation_id: UUID) -> None:
    actions.mark_read(work, conversation_id)


@router.get("/messages/{message_id}")
def get_message(work: MessageReader, message_id: UUID) -> dict[str, Any]:
    return _message(queries.message(work, message_id))


@router.post("/messages/{message_id}/retry", status_code=202)
def retry_message(work: Sender, message_id: UUID) -> dict[str, Any]:
    actions.retry(work, message_id)
    return {"id": str(message_id), "state": "queued"}


def _message(row: queries.MessageRow) -> dict[str, Any]:
    found = plain(row)
    times = ("sent", "delivered", "read", "failed")
    timeline = [{"state": state, "at": at} for state in times if (at := found.pop(f"{state}_at"))]
    return {**found, "type": found.pop("kind"), "error": found.pop("reason_code"), "timeline": timeline}
