"""Connections and templates of a company. Secrets show their last four characters at most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from masteria.core.work import Work
from masteria.enums import ConnectionStatus, Permission
from masteria.kit.sealing import Unreadable, masked
from masteria.models import Connection, Template
from masteria.queries.filters import narrow
from masteria.queries.paging import WHOLE, Page, Sorting, by_id, by_name, by_time

CONNECTION_SORTS = Sorting(
    "name", {"name": by_name("connection.name"), "created_at": by_time("connection.created_at")}, by_id("connection.id")
)
TEMPLATE_SORTS = Sorting(
    "name", {"name": by_name("template.name"), "created_at": by_time("template.created_at")}, by_id("template.id")
)


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    id: UUID
    kind: str
    name: str
    address: str
    status: str
    status_reason: str | None
    rate_per_second: int
    quality: str
    tier: str
    people_per_day: int | None
    checked_at: datetime | None
    last_event_at: datetime | None
    bad_signatures: int
    settings: dict[str, str]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TemplateRow:
    id: UUID
    connection_id: UUID
    name: str
    language: str
    category: str
    status: str
    body: str
    variables: list[str]
    components: list[dict[str, Any]]
    quality: str | None
    rejected_reason: str | None
    synced_at: datetime
    created_at: datetime


def connections(
    work: Work, *, q: str = "", status: str = "", sort: str = "", cursor: str | None = None, limit: int = WHOLE
) -> Page[ConnectionRow]:
    """The company's numbers, usually by name; `q` is part of the name or the address."""
    work.require(Permission.READ_CONNECTIONS)
    order = CONNECTION_SORTS.order(sort, cursor)
    text = "connection.name || ' ' || connection.address"
    query = narrow(work.select(Connection), {"connection.status": status}, q=q, text=text)
    found = work.session.exec(order.of(query, limit))
    return order.page([_connection(row) for row in found], limit)


def connection(work: Work, connection_id: UUID) -> ConnectionRow:
    """One number."""
    work.require(Permission.READ_CONNECTIONS)
    return _connection(work.get(Connection, connection_id))


def verify_token(work: Work, connection_id: UUID) -> str:
    """What a person must type at Meta; whoever may edit the number may see it."""
    work.require(Permission.EDIT_CONNECTIONS)
    token = work.get(Connection, connection_id).verify_token
    return "" if isinstance(token, Unreadable) else token


def templates(
    work: Work,
    *,
    q: str = "",
    connection_id: UUID | None = None,
    status: str = "",
    sort: str = "",
    cursor: str | None = None,
    limit: int = WHOLE,
) -> Page[TemplateRow]:
    """Templates of one number or all, usually by name; `q` is part of the name or the body."""
    work.require(Permission.READ_TEMPLATES)
    order = TEMPLATE_SORTS.order(sort, cursor)
    wanted = {"template.connection_id": connection_id, "template.status": status}
    query = narrow(work.select(Template), wanted, q=q, text="template.name || ' ' || template.body")
    return order.page([_template(row) for row in work.session.exec(order.of(query, limit))], limit)


def template(work: Work, template_id: UUID) -> TemplateRow:
    """One template."""
    work.require(Permission.READ_TEMPLATES)
    return _template(work.get(Template, template_id))


def _connection(row: Connection) -> ConnectionRow:
    is_broken = any(isinstance(secret, Unreadable) for secret in (row.access_token, row.app_secret))
    shown = {
        "phone_number_id": row.external_id,
        "waba_id": row.account_id,
        "portfolio_id": row.portfolio_id,
        "access_token": masked(row.access_token),
        "app_secret": masked(row.app_secret),
        "verify_token": masked(row.verify_token),
    }
    return ConnectionRow(
        row.id,
        str(row.kind),
        row.name,
        row.address,
        str(ConnectionStatus.FAILED if is_broken else row.status),
        "secret_unreadable" if is_broken else row.status_reason,
        row.rate_per_second,
        row.quality,
        row.tier,
        row.people_per_day,
        row.checked_at,
        row.last_event_at,
        row.bad_signatures,
        shown,
        row.created_at,
    )


def _template(row: Template) -> TemplateRow:
    fields = TemplateRow.__dataclass_fields__
    return TemplateRow(**{name: getattr(row, name) for name in fields})
