"""Keys of a company's programs: shown once, kept as hashes, never stronger than who made them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import select

from masteria.actions import activity, credentials
from masteria.core.access import Actor, Suspended, known_scopes, of_key, permissions_of, within
from masteria.core.work import Work, work_across
from masteria.enums import Happened, Permission
from masteria.kit.clock import now
from masteria.kit.errors import Forbidden, Invalid
from masteria.kit.networks import is_covered, is_within, read_network
from masteria.kit.sealing import digest
from masteria.models import ApiKey, Company
from masteria.models.company import LEVELS

KEY_PREFIX = "mk_"
MOST_ADDRESSES = 50
LONGEST_DAYS = 3650


@dataclass(frozen=True, slots=True)
class NewKey:
    """An API key at the only moment it can be read."""

    id: UUID
    key: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bounds:
    """From where and until when. A key gives no other key wider ones than its own."""

    addresses: tuple[str, ...]
    expires_at: datetime | None

    def check(self, row: ApiKey) -> None:
        """`Invalid` naming what is wider."""
        if self.addresses and not (row.addresses and all(is_covered(n, self.addresses) for n in row.addresses)):
            raise Invalid("addresses", "wider_than_yours")
        if self.expires_at and (row.expires_at is None or row.expires_at > self.expires_at):
            raise Invalid("expires_at", "longer_than_yours")


class KeyRefused(Forbidden):
    """A key that we know and that opens nothing: `revoked`, `expired`, or used from an `address` not on its list."""

    def __init__(self, actor: Actor, reason: str) -> None:
        super().__init__(reason)
        self.actor = actor
        self.reason = reason


def create_api_key(
    work: Work, name: str, scopes: list[str], *, days: int | None = None, addresses: Iterable[str] = ()
) -> NewKey:
    """A key for a program; its text is in the answer and nowhere else."""
    work.require(Permission.ADMIN)
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    row = ApiKey(
        name=credentials.checked_name(name, "name"),
        key_hash=digest(key),
        hint=key[-4:],
        scopes=_checked_scopes(work, scopes),
        addresses=_checked_addresses(addresses),
        created_by=work.actor.person_id,
        expires_at=_after(days),
    )
    _own_bounds(work).check(row)
    work.add(row)
    work.session.flush()
    activity.record(work, row, Happened.API_KEY_CREATED, name=row.name, scopes=row.scopes)
    return NewKey(row.id, key, tuple(row.scopes))


def update_api_key(work: Work, key_id: UUID, **changes: Any) -> None:
    """Another `name`, other `addresses`, another end (`expires_at`; None: never). What it may do stays as it is."""
    work.require(Permission.ADMIN)
    bounds, row = _own_bounds(work), work.get(ApiKey, key_id, lock=True)
    if "name" in changes:
        row.name = credentials.checked_name(changes["name"] or "", "name")
    if "addresses" in changes:
        row.addresses = _checked_addresses(changes["addresses"] or ())
    if "expires_at" in changes:
        row.expires_at = _checked_end(changes["expires_at"])
    bounds.check(row)
    activity.record(work, row, Happened.API_KEY_UPDATED, name=row.name)


def revoke_api_key(work: Work, key_id: UUID) -> None:
    """From the next request on the key is worth nothing."""
    work.require(Permission.ADMIN)
    row = work.get(ApiKey, key_id, lock=True)
    row.revoked_at = row.revoked_at or now()
    activity.record(work, row, Happened.API_KEY_REVOKED, name=row.name)


def find_key_actor(key: str, ip: str = "") -> Actor | None:
    """Which program this key is, None if nobody's. `KeyRefused` for one that is over or used from elsewhere.

    `Suspended` while the company is.
    """
    moment = now()
    with work_across() as database:
        found = database.exec(_KEY.where(ApiKey.key_hash == digest(key))).first()
        if found is None:
            return None
        row, company, levels = found
        actor = _actor_of(row, company, levels, ip)
        if company.suspended_at is not None:
            raise Suspended(company.name, company.suspended_reason or "")
        if reason := _refused(row, moment, ip):
            raise KeyRefused(actor, reason)
        if row.last_used_at is None or row.last_used_at < moment - timedelta(minutes=1):
            row.last_used_at = moment
        return actor


def _actor_of(row: ApiKey, company: Company, levels: dict[str, str] | None, ip: str) -> Actor:
    return Actor(
        company.id,
        "api_key",
        row.name,
        of_key(permissions_of(row.scopes), levels),
        api_key_id=row.id,
        company_name=company.name,
        language=company.language,
        timezone=company.timezone,
        levels=levels,
        ip=ip,
    )


def _refused(row: ApiKey, moment: datetime, ip: str) -> str:
    if row.revoked_at:
        return "revoked"
    if row.expires_at and row.expires_at <= moment:
        return "expired"
    return "address" if row.addresses and not is_within(ip, row.addresses) else ""


def _checked_scopes(work: Work, scopes: list[str]) -> list[str]:
    """Known, and not more than the maker may do themselves."""
    unknown = sorted(set(scopes) - known_scopes())
    if unknown or not scopes:
        raise Invalid("scopes", "unknown_scope", scope=", ".join(unknown))
    above = within(permissions_of(scopes), work.actor.levels) - work.actor.permissions
    if above:
        raise Invalid("scopes", "scope_above_yours", scope=", ".join(sorted(above)))
    return sorted(set(scopes))


def _checked_addresses(addresses: Iterable[str]) -> list[str]:
    found = list(dict.fromkeys(read_network(text) for text in addresses if text.strip()))
    if len(found) > MOST_ADDRESSES:
        raise Invalid("addresses", "too_many", limit=MOST_ADDRESSES)
    return found


def _after(days: int | None) -> datetime | None:
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise Invalid("days", "out_of_range", limit=LONGEST_DAYS)
    return now() + timedelta(days=days) if days else None


def _checked_end(at: datetime | None) -> datetime | None:
    if at is not None and at <= now():
        raise Invalid("expires_at", "past_date")
    return at


def _own_bounds(work: Work) -> Bounds:
    """A person has none; a key that makes or changes keys has its own."""
    if work.actor.api_key_id is None:
        return Bounds((), None)
    own = work.get(ApiKey, work.actor.api_key_id)
    return Bounds(tuple(own.addresses), own.expires_at)


_KEY = select(ApiKey, Company, LEVELS).join(Company, Company.id == ApiKey.company_id)  # pyright: ignore[reportCallIssue, reportArgumentType]
