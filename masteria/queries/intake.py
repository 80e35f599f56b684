"""What webhooks brought, for the API: the bodies as they came, and what became of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from masteria.core.work import Work
from masteria.enums import IntakeState, Permission
from masteria.queries.paging import Page, checked_limit, moment_and_id, page_of


@dataclass(frozen=True, slots=True)
class InboundRow:
    id: UUID
    connection_id: UUID
    state: str
    error: str | None
    created_at: datetime
    processed_at: datetime | None
    body: dict[str, Any]


def inbound_events(
    work: Work,
    *,
    connection_id: UUID | None = None,
    state: IntakeState | None = None,
    since: datetime | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[InboundRow]:
    """Newest first. They hold what people wrote, so reading them needs what reading messages does."""
    work.require(Permission.READ_MESSAGES)
    where, values = ["company_id = :company"], {"company": work.company_id, "limit": checked_limit(limit) + 1}
    for name, value, condition in (
        ("connection", connection_id, "connection_id = :connection"),
        ("state", state, "state = :state"),
        ("since", since, "created_at >= :since"),
    ):
        if value is not None:
            where.append(condition)
            values[name] = value
    if after := moment_and_id(cursor):
        where.append("(created_at, id) < (cast(:at as timestamptz), cast(:after as uuid))")
        values |= after
    rows = work.execute(f"{_SELECT} where {' and '.join(where)} order by created_at desc, id desc limit :limit", values)
    return page_of([_row(row) for row in rows], limit, lambda r: [r.created_at, r.id])


def _row(row: Any) -> InboundRow:
    return InboundRow(*row[:6], body=_readable(row[6]))


def _readable(body: bytes) -> dict[str, Any]:
    """Only JSON objects are kept at the door; one that cannot be read any more is shown as text."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return {"unreadable": bytes(body).decode("utf-8", "replace")}


_SELECT = "select id, connection_id, state, error, created_at, processed_at, body from intake"
