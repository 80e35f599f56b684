"""How a person can come in: password, second step, logins of other providers. For their own eyes alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, select

from masteria.core.access import Actor
from masteria.core.work import work_across
from masteria.models import BackupCode, Login, Person


@dataclass(frozen=True, slots=True)
class LinkedLogin:
    provider: str
    email: str
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class WaysIn:
    """`codes_left` are unused backup codes."""

    has_password: bool
    has_second_step: bool
    codes_left: int
    logins: tuple[LinkedLogin, ...]


def ways_in(actor: Actor) -> WaysIn:
    """Those of whoever is signed in."""
    with work_across() as database:
        person = database.get_one(Person, actor.person_id)
        linked = database.exec(select(Login).where(Login.person_id == person.id).order_by(col(Login.created_at))).all()
        unused = select(sa.func.count()).where(BackupCode.person_id == person.id, col(BackupCode.used_at).is_(None))
        return WaysIn(
            bool(person.password_hash),
            person.second_step_at is not None,
            database.exec(unused).one(),
            tuple(LinkedLogin(row.provider, row.email, row.last_used_at) for row in linked),
        )
