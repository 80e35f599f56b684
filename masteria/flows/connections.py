"""Asking the vendor about a number: before it is kept, and whenever someone wants to know."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from masteria.actions import connections
from masteria.channels import channel_for
from masteria.channels.base import Account, NumberInfo
from masteria.core.access import Actor
from masteria.core.work import work_as
from masteria.enums import ConnectionKind, Permission
from masteria.flows.accounts import account, account_of
from masteria.kit.errors import Forbidden, Invalid, OutsideError
from masteria.models import Connection

FIELD_OF = {"token_wrong": "settings.access_token", "number_unknown": "settings.phone_number_id"}


def connect(actor: Actor, name: str, kind: str, settings: Mapping[str, str]) -> UUID:
    """Keep a number once the vendor has confirmed it; a wrong token or id is `Invalid` and nothing is kept."""
    if not actor.may(Permission.EDIT_CONNECTIONS):
        raise Forbidden(Permission.EDIT_CONNECTIONS)
    values = connections.checked(name, kind, settings)
    try:
        info = _ask(kind, account(values["external_id"], values["account_id"], values["access_token"]), subscribe=True)
    except OutsideError as error:
        raise Invalid(FIELD_OF.get(error.reason, "settings"), error.reason, code=error.code) from error
    with work_as(actor) as work:
        return connections.create(work, name, kind, {**settings, "verify_token": values["verify_token"]}, info)


def verify(actor: Actor, connection_id: UUID) -> None:
    """Ask now and write down the answer; not being able to ask changes nothing."""
    with work_as(actor) as work:
        work.require(Permission.EDIT_CONNECTIONS)
        connection = work.get(Connection, connection_id)
        kind, found = connection.kind, account_of(connection)
    try:
        info, reason = _ask(kind, found, subscribe=False), None
    except OutsideError as error:
        if not error.permanent:
            raise
        info, reason = None, error.reason
    with work_as(actor) as work:
        connections.record_check(work, connection_id, info, reason)


def _ask(kind: str, found: Account, *, subscribe: bool) -> NumberInfo:
    channel = channel_for(ConnectionKind(kind))
    info: NumberInfo = channel.number_info(found)
    if not channel.belongs_to_account(found):
        raise OutsideError("number_of_another_account", permanent=True)
    if subscribe:
        channel.subscribe(found)
    return info
