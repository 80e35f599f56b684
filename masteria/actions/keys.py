"""Keys of a company's programs: shown once, kept as hashes."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlmodel import col, select

from masteria.actions import activity, credentials
from masteria.core.access import Actor, known_scopes, permissions_of
from masteria.core.work import Work, work_across
from masteria.enums import Happened, Permission
from masteria.kit.clock import now
from masteria.kit.errors import Invalid
from masteria.kit.sealing import digest
from masteria.models import ApiKey, Company

KEY_PREFIX = "mk_"


@dataclass(frozen=True, slots=True)
class NewKey:
    """An API key at the only moment it can be read."""

    id: UUID
    key: str
    scopes: tuple[str, ...]


def create_api_key(work: Work, name: str, scopes: list[str], *, days: int | None = None) -> NewKey:
    """A key for a program; its text is in the answer and nowhere else."""
    work.require(Permission.ADMIN)
    unknown = sorted(set(scopes) - known_scopes())
    if unknown or not scopes:
        raise Invalid("scopes", "unknown_scope", scope=", ".join(unknown))
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    row = work.add(
        ApiKey(
            name=credentials.checked_name(name, "name"),
            key_hash=digest(key),
            hint=key[-4:],
            scopes=sorted(set(scopes)),
            expires_at=now() + timedelta(days=days) if days else None,
        )
    )
    work.session.flush()
    activity.record(work, row, Happened.API_KEY_CREATED, name=row.name, scopes=row.scopes)
    return NewKey(row.id, key, tuple(row.scopes))


def revoke_api_key(work: Work, key_id: UUID) -> None:
    """From the next request on the key is worth nothing."""
    work.require(Permission.ADMIN)
    row = work.get(ApiKey, key_id, lock=True)
    row.revoked_at = row.revoked_at or now()
    activity.record(work, row, Happened.API_KEY_REVOKED, name=row.name)


def find_key_actor(key: str) -> Actor | None:
    """Which program this key is, or None: unknown, revoked or expired."""
    moment = now()
    with work_across() as database:
        found = database.exec(
            select(ApiKey, Company)
            .join(Company, Company.id == ApiKey.company_id)  # pyright: ignore[reportArgumentType]
            .where(ApiKey.key_hash == digest(key), col(Company.suspended_at).is_(None))
        ).first()
        if found is None:
            return None
        row, company = found
        if row.revoked_at or (row.expires_at and row.expires_at < moment):
            return None
        if row.last_used_at is None or row.last_used_at < moment - timedelta(minutes=1):
            row.last_used_at = moment
        return Actor(
            company.id,
            "api_key",
            row.name,
            permissions_of(row.scopes),
            api_key_id=row.id,
            company_name=company.name,
            language=company.language,
            timezone=company.timezone,
        )
