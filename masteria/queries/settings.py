"""Connections, templates, people and keys of a company. Secrets show their last four characters at most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col

from masteria.core.work import Work
from masteria.enums import Permission
from masteria.models import ApiKey, Connection, Template


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


@dataclass(frozen=True, slots=True)
class MemberRow:
    id: UUID
    name: str
    email: str
    role: str


@dataclass(frozen=True, slots=True)
class KeyRow:
    id: UUID
    name: str
    hint: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


def connections(work: Work) -> list[ConnectionRow]:
    """Every number of the company, by name."""
    work.require(Permission.READ_CONNECTIONS)
    query = work.select(Connection).order_by(col(Connection.name)).limit(200)
    return [_connection(row) for row in work.session.exec(query)]


def connection(work: Work, connection_id: UUID) -> ConnectionRow:
    """One number."""
    work.require(Permission.READ_CONNECTIONS)
    return _connection(work.get(Connection, connection_id))


def verify_token(work: Work, connection_id: UUID) -> str:
    """What a person must type at Meta; whoever may edit the number may see it."""
    work.require(Permission.EDIT_CONNECTIONS)
    return work.get(Connection, connection_id).verify_token


def templates(work: Work, *, connection_id: UUID | None = None, approved: bool = False) -> list[TemplateRow]:
    """Templates by name, of one number or all."""
    work.require(Permission.READ_TEMPLATES)
    query = work.select(Template).order_by(col(Template.name)).limit(1000)
    if connection_id:
        query = query.where(Template.connection_id == connection_id)
    if approved:
        query = query.where(Template.status == "approved")
    return [_template(row) for row in work.session.exec(query)]


def template(work: Work, template_id: UUID) -> TemplateRow:
    """One template."""
    work.require(Permission.READ_TEMPLATES)
    return _template(work.get(Template, template_id))


def members(work: Work) -> list[MemberRow]:
    """The company's people."""
    rows = work.execute(
        """select p.id, p.name, p.email, m.role from member m join person p on p.id = m.person_id
           where m.company_id = :company order by p.name limit 500""",
        {"company": work.company_id},
    )
    return [MemberRow(*row) for row in rows]


def api_keys(work: Work) -> list[KeyRow]:
    """The company's keys, newest first."""
    work.require(Permission.ADMIN)
    query = work.select(ApiKey).order_by(col(ApiKey.created_at).desc()).limit(500)
    fields = KeyRow.__dataclass_fields__
    return [KeyRow(**{name: getattr(row, name) for name in fields}) for row in work.session.exec(query)]


def masked(secret: str) -> str:
    return f"•••• {secret[-4:]}"


def _connection(row: Connection) -> ConnectionRow:
    shown = {
        "phone_number_id": row.external_id,
        "waba_id": row.account_id,
        "access_token": masked(row.access_token),
        "app_secret": masked(row.app_secret),
        "verify_token": masked(row.verify_token),
    }
    return ConnectionRow(
        row.id,
        str(row.kind),
        row.name,
        row.address,
        str(row.status),
        row.status_reason,
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
