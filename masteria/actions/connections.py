"""Connections: a company's numbers, their sealed secrets, and what the vendor said of them last."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from masteria.actions import activity, budgets, quotas
from masteria.channels.base import NumberInfo
from masteria.core.jobs import Job
from masteria.core.work import Work
from masteria.enums import ConnectionKind, ConnectionStatus, Happened, Permission, Quota, Topic
from masteria.kit.clock import now
from masteria.kit.errors import Conflict, Invalid
from masteria.models import Connection

SETTINGS = {"phone_number_id": "external_id", "waba_id": "account_id"}
SECRETS = ("access_token", "app_secret", "verify_token")
PORTFOLIO = "portfolio_id"  # of two numbers of one business portfolio, which share its people a day
_DIGITS = re.compile(r"[0-9]{5,32}")


def create(work: Work, name: str, kind: str, settings: Mapping[str, str], info: NumberInfo) -> UUID:
    """Keep a number the vendor has just confirmed (`info`); its secrets are sealed from here on."""
    work.require(Permission.EDIT_CONNECTIONS)
    values = checked(name, kind, settings)
    quotas.require(work, Quota.CONNECTIONS)
    connection = work.add(Connection(**values))
    _confirm(connection, info)
    work.session.flush()
    activity.record(work, connection, Happened.CONNECTION_CREATED, name=connection.name)
    work.later(Job.SYNC_TEMPLATES, work.company_id, connection.id)
    work.announce(Topic.CONNECTION, connection.id)
    return connection.id


def update(
    work: Work, connection_id: UUID, *, name: str | None = None, settings: Mapping[str, str] | None = None
) -> None:
    """A new name, another portfolio, new secrets. Other settings make another connection."""
    work.require(Permission.EDIT_CONNECTIONS)
    connection = work.get(Connection, connection_id, lock=True)
    if name is not None:
        connection.name = _name(name)
    for key, value in (settings or {}).items():
        if key == PORTFOLIO:
            _join(work, connection, _portfolio(value))
        elif key in SECRETS:
            setattr(connection, key, _secret(key, value))
        else:
            raise Invalid(f"settings.{key}", "unknown_field")
    activity.record(work, connection, Happened.CONNECTION_UPDATED, fields=sorted(settings or {}))
    work.announce(Topic.CONNECTION, connection_id)


def delete(work: Work, connection_id: UUID) -> None:
    """Forget a number; one with campaigns or conversations stays."""
    work.require(Permission.EDIT_CONNECTIONS)
    connection = work.get(Connection, connection_id, lock=True)
    used = work.execute(
        """select exists (select from campaign where company_id = :company and connection_id = :id)
             or exists (select from conversation where company_id = :company and connection_id = :id)""",
        {"company": work.company_id, "id": connection_id},
    ).scalar()
    if used:
        raise Conflict("connection_in_use")
    activity.record(work, connection, Happened.CONNECTION_DELETED, name=connection.name)
    work.session.delete(connection)
    work.announce(Topic.CONNECTION, connection_id)


def record_check(work: Work, connection_id: UUID, info: NumberInfo | None, reason: str | None = None) -> None:
    """What the vendor said when asked; without `info` the number is out, for `reason`."""
    work.require(Permission.EDIT_CONNECTIONS)
    connection = work.get(Connection, connection_id, lock=True)
    before = connection.status
    if info is not None:
        _confirm(connection, info)
    else:
        connection.status, connection.status_reason = ConnectionStatus.DISCONNECTED, reason
    connection.checked_at = now()
    happened = Happened.CONNECTION_CHECKED
    if connection.status != before:
        happened = Happened.CONNECTION_CONNECTED if connection.can_send else Happened.CONNECTION_DISCONNECTED
    activity.record(work, connection, happened, reason=connection.status_reason)
    work.announce(Topic.CONNECTION, connection_id)


def checked(name: str, kind: str, settings: Mapping[str, str]) -> dict[str, Any]:
    """The columns of a new connection; raises `Invalid` naming the setting."""
    if kind != ConnectionKind.WHATSAPP_CLOUD:
        raise Invalid("kind", "unknown_kind")
    unknown = sorted(settings.keys() - {*SETTINGS, PORTFOLIO, *SECRETS})
    if unknown:
        raise Invalid(f"settings.{unknown[0]}", "unknown_field")
    found: dict[str, Any] = {"name": _name(name), "kind": kind}
    for key, column in SETTINGS.items():
        text = str(settings.get(key, "")).strip()
        if not _DIGITS.fullmatch(text):
            raise Invalid(f"settings.{key}", "not_an_id")
        found[column] = text
    found[PORTFOLIO] = _portfolio(settings.get(PORTFOLIO, ""))
    for key in SECRETS:
        found[key] = _secret(key, settings.get(key, ""))
    return found


def _join(work: Work, connection: Connection, portfolio_id: str) -> None:
    """Whom this number reached today counts in its new portfolio as well."""
    before = connection.portfolio
    connection.portfolio_id = portfolio_id
    if connection.portfolio != before:
        budgets.carry(work, before, connection.portfolio)


def _confirm(connection: Connection, info: NumberInfo) -> None:
    connection.status = ConnectionStatus.CONNECTED if info.can_send else ConnectionStatus.DEGRADED
    connection.status_reason = None if info.can_send else "blocked_by_vendor"
    connection.address, connection.quality = info.address, info.quality
    connection.rate_per_second, connection.checked_at = info.rate_per_second, now()
    connection.tier, connection.people_per_day = info.tier, info.people_per_day


def _name(text: str) -> str:
    text = " ".join(text.split())
    if not 2 <= len(text) <= 120:
        raise Invalid("name", "too_short" if len(text) < 2 else "too_long", limit=2)
    return text


def _portfolio(value: str) -> str:
    """Digits; without any, the account stands for its portfolio."""
    text = str(value).strip()
    if text and not _DIGITS.fullmatch(text):
        raise Invalid(f"settings.{PORTFOLIO}", "not_an_id")
    return text


def _secret(key: str, value: str) -> str:
    text = str(value).strip()
    if key == "verify_token" and not text:
        return secrets.token_urlsafe(18)
    if not 8 <= len(text) <= 1024 or not text.isascii() or not text.isprintable():
        raise Invalid(f"settings.{key}", "missing" if not text else "unreadable")
    return text
