"""Keys of a company's programs: what they may, from where, until when, who made them. Never the keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from masteria.core.work import Work
from masteria.enums import Permission
from masteria.kit.errors import NotFound
from masteria.queries.paging import WHOLE, Page, Sorting, by_id, by_name, by_time

KEY_SORTS = Sorting("-created_at", {"created_at": by_time("k.created_at"), "name": by_name("k.name")}, by_id("k.id"))


@dataclass(frozen=True, slots=True)
class KeyRow:
    """`created_by` is empty for one that the command line or another key made, and whose maker is gone."""

    id: UUID
    name: str
    hint: str
    scopes: list[str]
    addresses: list[str]
    created_at: datetime
    created_by: str | None
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


def api_keys(work: Work, *, sort: str = "", cursor: str | None = None, limit: int = WHOLE) -> Page[KeyRow]:
    """The company's keys, those that were revoked as well; usually the newest first."""
    work.require(Permission.ADMIN)
    order = KEY_SORTS.order(sort, cursor)
    rows = work.execute(
        f"{_KEYS} and {order.after} order by {order.by} limit :limit",
        {"company": work.company_id, **order.values, "limit": limit + 1},
    )
    return order.page([KeyRow(*row) for row in rows], limit)


def api_key(work: Work, key_id: UUID) -> KeyRow:
    """One key."""
    work.require(Permission.ADMIN)
    row = work.execute(f"{_KEYS} and k.id = :id", {"company": work.company_id, "id": key_id}).one_or_none()
    if row is None:
        raise NotFound("ApiKey")
    return KeyRow(*row)


_KEYS = """select k.id, k.name, k.hint, k.scopes, k.addresses, k.created_at, p.name, k.expires_at, k.last_used_at,
    k.revoked_at from api_key k left join person p on p.id = k.created_by where k.company_id = :company"""
