"""What webhooks brought, for API and screens: each body as it came, the events in it, and what each did."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from masteria.channels import meta_normal
from masteria.channels.values import load
from masteria.core import reach
from masteria.core.work import Work
from masteria.enums import IntakeState, Permission
from masteria.kit.errors import NotFound
from masteria.queries.paging import Page, Sorting, by_id, by_time, checked_limit

EVENT_SORTS = Sorting("-created_at", {"created_at": by_time("i.created_at")}, by_id("i.id"))

MOST_BYTES = 4 * 1024 * 1024  # of bodies on one page; what comes after is there by reference only
MOST_EVENTS = 100  # of one body in a list; alone, a body shows all


@dataclass(frozen=True, slots=True)
class EventRow:
    """A normalised event. `did` is None where only the body's `counts` are known, or nothing was done yet."""

    kind: str
    fields: dict[str, Any]
    did: str | None


@dataclass(frozen=True, slots=True)
class InboundRow:
    """`body` is None, and `events` empty, where a list would have grown too large. `counts`: how often each effect."""

    id: UUID
    connection_id: UUID
    connection_name: str
    state: str
    error: str | None
    created_at: datetime
    processed_at: datetime | None
    size: int
    body: dict[str, Any] | None
    events: list[EventRow]
    event_count: int | None
    counts: dict[str, int]


def inbound_events(
    work: Work,
    *,
    connection_id: UUID | None = None,
    state: IntakeState | None = None,
    since: datetime | None = None,
    sort: str = "",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[InboundRow]:
    """A page, usually the newest first. They hold what people wrote, so reading them needs what reading messages does."""
    work.require(Permission.READ_MESSAGES)
    reach.everything(work)
    order = EVENT_SORTS.order(sort, cursor)
    where, values = ["i.company_id = :company", order.after], {"company": work.company_id, **order.values}
    for name, value, condition in (
        ("connection", connection_id, "i.connection_id = :connection"),
        ("state", state, "i.state = :state"),
        ("since", since, "i.created_at >= :since"),
    ):
        if value is not None:
            where.append(condition)
            values[name] = value
    query = f"{_SELECT} where {' and '.join(where)} order by {order.by} limit :limit"
    rows = work.execute(query, {**values, "limit": checked_limit(limit) + 1}).all()
    bodies = _bodies(work, rows)
    return order.page([_row(row, bodies.get(row.id), MOST_EVENTS) for row in rows], limit)


def inbound_event(work: Work, intake_id: UUID) -> InboundRow:
    """One body with all its events."""
    work.require(Permission.READ_MESSAGES)
    reach.everything(work)
    query = f"{_SELECT} where i.company_id = :company and i.id = :id"
    row = work.execute(query, {"company": work.company_id, "id": intake_id}).one_or_none()
    if row is None:
        raise NotFound("Intake")
    return _row(row, _read(work, [row.id])[row.id], None)


def _bodies(work: Work, rows: Any) -> dict[UUID, bytes]:
    """Those that fit on the page, and in any case the first."""
    ids: list[UUID] = []
    total = 0
    for row in rows:
        total += row.size
        if total <= MOST_BYTES or not ids:
            ids.append(row.id)
    return _read(work, ids)


def _read(work: Work, ids: list[UUID]) -> dict[UUID, bytes]:
    query = "select id, body from intake where company_id = :company and id = any(:ids)"
    rows = work.execute(query, {"company": work.company_id, "ids": ids})
    return {row.id: bytes(row.body) for row in rows}


def _row(row: Any, body: bytes | None, most: int | None) -> InboundRow:
    did = row.did or {}
    plain = (row.id, row.connection_id, row.connection_name, row.state, row.error, row.created_at, row.processed_at)
    if body is None:
        return InboundRow(*plain, row.size, None, [], None, did.get("counts", {}))
    told = meta_normal.normalise(load(body), row.created_at)
    effects = _effects(did, len(told))
    events = [EventRow(t.kind, t.fields, effect) for t, effect in list(zip(told, effects, strict=True))[:most]]
    return InboundRow(*plain, row.size, _readable(body), events, len(told), did.get("counts", {}))


def _effects(did: dict[str, Any], count: int) -> list[str | None]:
    """What each did, as it was noted; where all did the same, the counts say so as well."""
    each = did.get("each", [])
    if len(each) == count:
        return each
    counts = did.get("counts", {})
    return [next(iter(counts)) if len(counts) == 1 else None] * count


def _readable(body: bytes) -> dict[str, Any]:
    """Only JSON objects are kept at the door; one that cannot be read any more is shown as text."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return {"unreadable": body.decode("utf-8", "replace")}


_SELECT = """select i.id, i.connection_id, c.name as connection_name, i.state, i.error, i.created_at, i.processed_at,
    octet_length(i.body) as size, i.did
  from intake i join connection c on c.id = i.connection_id"""
