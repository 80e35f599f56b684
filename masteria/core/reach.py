"""Which conversations somebody reaches: all, or only their own and nobody's. The one rule for queries and actions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from masteria.core.access import Actor
from masteria.core.work import Work
from masteria.kit.errors import Forbidden, NotFound
from masteria.models import Conversation


def condition(actor: Actor) -> tuple[str, dict[str, Any]]:
    """For SQL in which the conversation is `v`, and the value that it needs."""
    if not actor.own_only:
        return "true", {}
    return "(v.assignee_id is null or v.assignee_id = :reader)", {"reader": actor.person_id}


def conversation(work: Work, conversation_id: UUID, *, lock: bool = False) -> Conversation:
    """A conversation of this company that the actor reaches; every other is `NotFound`."""
    found = work.get(Conversation, conversation_id, lock=lock)
    if work.actor.own_only and found.assignee_id not in (None, work.actor.person_id):
        raise NotFound("Conversation")
    return found


def everything(work: Work) -> None:
    """For what shows everybody's messages at once: `Forbidden` to whoever reaches only some."""
    if work.actor.own_only:
        raise Forbidden
