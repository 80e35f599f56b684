"""Bringing the vendor's templates here."""

from __future__ import annotations

from uuid import UUID

from masteria.actions import templates
from masteria.channels import channel_for
from masteria.core.access import Actor
from masteria.core.work import work_as
from masteria.enums import Permission
from masteria.flows.accounts import account_of
from masteria.models import Connection


def sync(actor: Actor, connection_id: UUID) -> int:
    """Mirror all templates of the connection's account; returns how many there are."""
    with work_as(actor) as work:
        work.require(Permission.EDIT_TEMPLATES)
        connection = work.get(Connection, connection_id)
        kind, account = connection.kind, account_of(connection)
    found = channel_for(kind).templates(account)
    with work_as(actor) as work:
        return templates.mirror(work, connection_id, found)
