"""Tokens of people's programs: a JWT for a quarter of an hour, and a refresh token that works once for the next one.

All tokens that come from one sign-in are a family. A refresh token that comes a second time was copied, so its whole
family ends. Two requests at the same moment are no copy: one gets the new pair, the other nothing.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session as Database
from sqlmodel import col, func, select

from masteria.actions import activity, refusals, second_steps, sessions
from masteria.core import bearer
from masteria.core.access import Actor, Suspended, of_key
from masteria.core.bearer import Bearer
from masteria.core.work import work_across, work_as
from masteria.enums import Happened, Permission
from masteria.kit.clock import now
from masteria.kit.errors import Conflict, Forbidden, Invalid
from masteria.kit.ids import new_id
from masteria.kit.sealing import digest
from masteria.models import Company, CustomRole, Member, Person, RefreshToken
from masteria.models.company import LEVELS

PREFIX = "mr_"
IDLE_DAYS = 14  # of a refresh token that nobody uses
LONGEST_DAYS = 90  # of a family, however often it is used
DOOR = "POST /auth/token"


@dataclass(frozen=True, slots=True)
class Pair:
    """Both tokens at the only moment they can be read."""

    access_token: str
    refresh_token: str
    expires_in: int


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a request came from, and when it arrived."""

    ip: str = ""
    user_agent: str = ""
    at: datetime = field(default_factory=now)


class NotLetIn(Forbidden):
    """Who this is was not shown; the reason is a code."""

    @property
    def reason(self) -> str:
        return str(self)


def sign_in(email: str, password: str, caller: Caller, *, totp: str = "", company: str = "") -> Pair:
    """By password, and by the second step where the person has one. `company` is the slug of one of theirs.

    `NotLetIn`: `wrong` for an unknown address and a wrong password alike, what is missing otherwise.
    """
    home = _check_password(email, password, caller)
    with work_across() as database:
        person = database.get_one(Person, home.person_id)
        actor, place = _place(database, home, company)
        _check_second_step(database, person, place, totp)
        family, made = new_id(), now()
        refresh_token = _add(database, actor, family, caller, made + timedelta(days=IDLE_DAYS))
    with work_as(replace(actor, ip=caller.ip)) as work:
        activity.record_about(work, "refresh_token", family, Happened.SESSION_STARTED, method="api")
    return _pair(actor, family, made, refresh_token)


def refresh(token: str, caller: Caller) -> Pair:
    """The next pair. A token that was used before ends its family; `Conflict` if another request was faster just now."""
    began = caller.at
    with work_across() as database:
        row = database.exec(select(RefreshToken).where(RefreshToken.token_hash == digest(token))).first()
        if row is None:
            raise NotLetIn("refresh_unknown")
        _hold(database, row.family)
        database.refresh(row)
        actor = _actor(database, row.person_id, row.company_id)
        if actor is None or row.revoked_at is not None or row.expires_at <= began:
            raise NotLetIn("refresh_over")
        if row.used_at is not None and row.used_at > began:
            raise Conflict("refresh_raced")
        is_copied = row.used_at is not None
        if not is_copied:
            row.used_at, made = now(), _made(database, row.family)
            end = min(began + timedelta(days=IDLE_DAYS), made + timedelta(days=LONGEST_DAYS))
            pair = _pair(actor, row.family, made, _add(database, actor, row.family, caller, end))
            return pair
        _end(database, row.family)
    _note_copy(replace(actor, ip=caller.ip), row.family)
    raise NotLetIn("refresh_reused")


def revoke(token: str, caller: Caller) -> None:
    """This sign-in is over, with all its tokens; an unknown token is no error."""
    with work_across() as database:
        row = database.exec(select(RefreshToken).where(RefreshToken.token_hash == digest(token))).first()
        if row is None:
            return
        _hold(database, row.family)
        is_open, actor = _end(database, row.family), _actor(database, row.person_id, row.company_id)
    if is_open and actor is not None:
        with work_as(replace(actor, ip=caller.ip)) as work:
            activity.record_about(work, "refresh_token", row.family, Happened.SESSION_ENDED, method="api")


def find_token_actor(text: str) -> Actor | None:
    """Who this access token is, as they stand now: role, company and sign-in are looked up, so an end is an end at once."""
    found = bearer.read(text)
    if found is None:
        return None
    with work_across() as database:
        actor = _actor(database, found.person_id, found.company_id, found.family)
    return replace(actor, proven_at=found.proven_at) if actor else None


def _check_password(email: str, password: str, caller: Caller) -> Member:
    try:
        return sessions.check_password(email, password, ip=caller.ip)
    except Invalid as error:
        raise NotLetIn(error.reason) from None
    except Conflict as error:
        raise NotLetIn(error.reason) from None


def _place(database: Database, home: Member, slug: str) -> tuple[Actor, Company]:
    """The company that is asked for, else the one they were in last; and the person in it."""
    query = select(Company).join(Member, col(Member.company_id) == Company.id).where(Member.person_id == home.person_id)
    company = database.exec(query.where(Company.slug == slug if slug else Company.id == home.company_id)).first()
    if company is None:
        raise NotLetIn("company_unknown")
    actor = _actor(database, home.person_id, company.id)
    if actor is None:
        raise Suspended(company.name, company.suspended_reason or "")
    return actor, company


def _check_second_step(database: Database, person: Person, company: Company, totp: str) -> None:
    if person.second_step_at is None:
        if company.requires_second_step:
            raise NotLetIn("second_step_required")
        return
    if not totp:
        raise NotLetIn("totp_missing")
    try:
        second_steps.check(database, person.id, totp)
    except Invalid:
        raise NotLetIn("totp_wrong") from None


def _actor(database: Database, person_id: UUID, company_id: UUID, family: UUID | None = None) -> Actor | None:
    query = _ACTOR.where(Person.id == person_id, Company.id == company_id)
    if family is not None:
        living = select(RefreshToken.id).where(
            RefreshToken.family == family, RefreshToken.person_id == person_id, col(RefreshToken.revoked_at).is_(None)
        )
        query = query.where(living.exists())
    found = database.exec(query).first()
    if found is None:
        return None
    person, member, company, custom, levels = found
    actor = sessions.actor_of(company, person, member, custom=custom, levels=levels)
    return replace(actor, permissions=of_key(actor.permissions, levels) - {Permission.OPERATE})


def _add(database: Database, actor: Actor, family: UUID, caller: Caller, end: datetime) -> str:
    token = PREFIX + secrets.token_urlsafe(32)
    database.add(
        RefreshToken(
            company_id=actor.company_id,
            person_id=actor.person_id,  # pyright: ignore[reportArgumentType]
            family=family,
            token_hash=digest(token),
            ip=caller.ip[:64],
            user_agent=caller.user_agent[:300],
            expires_at=end,
        )
    )
    return token


def _pair(actor: Actor, family: UUID, made: datetime, refresh_token: str) -> Pair:
    claims = Bearer(actor.person_id, actor.company_id, family, made)  # pyright: ignore[reportArgumentType]
    return Pair(bearer.write(claims), refresh_token, bearer.SECONDS)


def _hold(database: Database, family: UUID) -> None:
    """Requests of one family wait for each other: none can add a token while another ends them all."""
    database.execute(sa.select(func.pg_advisory_xact_lock(family.int % 2**63)))  # pyright: ignore[reportDeprecated]


def _made(database: Database, family: UUID) -> datetime:
    query = select(func.min(RefreshToken.created_at)).where(RefreshToken.family == family)
    return database.exec(query).one()


def _end(database: Database, family: UUID) -> bool:
    living = (col(RefreshToken.family) == family, col(RefreshToken.revoked_at).is_(None))
    ended = database.execute(sa.update(RefreshToken).where(*living).values(revoked_at=now()))  # pyright: ignore[reportDeprecated]
    return ended.rowcount > 0  # pyright: ignore[reportAttributeAccessIssue]


def _note_copy(actor: Actor, family: UUID) -> None:
    with work_as(actor) as work:
        activity.record_about(
            work, "refresh_token", family, Happened.SESSION_ENDED, method="api", reason="refresh_reused"
        )
    refusals.note(actor, DOOR, "refresh_reused")


_ACTOR = (
    select(Person, Member, Company, CustomRole, LEVELS)  # pyright: ignore[reportCallIssue, reportArgumentType]
    .join(Member, col(Member.person_id) == Person.id)
    .join(Company, col(Company.id) == col(Member.company_id))
    .outerjoin(CustomRole, col(CustomRole.id) == col(Member.custom_role_id))
    .where(col(Company.suspended_at).is_(None))
)
