"""Somebody of the installation inside another company: for a reason, for an hour, seen by the company, never its secrets."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col

from masteria.actions import activity, acts
from masteria.core.access import HELPING, LOOKING, Actor, within
from masteria.core.work import Work, work_across, work_as
from masteria.enums import Happened, Permission, Topic
from masteria.kit.clock import now
from masteria.kit.errors import Invalid, NotFound
from masteria.kit.sealing import digest
from masteria.kit.storable import storable_text
from masteria.models import Company, Person, Session

MINUTES = 60
REASON_LENGTH = (10, 500)
LOOKS, HELPS = "support", "support_edit"  # how a session came to be


@dataclass(frozen=True, slots=True)
class Visit:
    """Support that is in the company now."""

    until: datetime
    may_change: bool
    reason: str


def enter(work: Work, company_id: UUID, reason: str, *, change_reason: str | None = None) -> str:
    """A support session in that company; returns its token. `change_reason`: it may also change things, and why."""
    work.require(Permission.OPERATE)
    actor, reason = work.actor, _reason("reason", reason)
    why_change = None if change_reason is None else _reason("change_reason", change_reason)
    token, moment = secrets.token_urlsafe(32), now()
    with work_across() as database:
        company = database.get(Company, company_id)
        if company is None or company.deletion_asked_at is not None:
            raise NotFound("company")
        session = Session(
            company_id=company_id,
            person_id=actor.person_id,  # pyright: ignore[reportArgumentType]
            token_hash=digest(token),
            method=HELPS if why_change else LOOKS,
            ip=actor.ip[:64],
            last_seen_at=moment,
            expires_at=moment + timedelta(minutes=MINUTES),
            support_reason=reason,
        )
        database.add(session)
        database.flush()
        session_id = session.id
        said = {"reason": reason, "change_reason": why_change or ""}
        acts.note(database, actor, Happened.SUPPORT_ENTERED, company.name, company_id=company_id, **said)
    until = (moment + timedelta(minutes=MINUTES)).isoformat(timespec="seconds")
    details = {"reason": reason, "may_change": bool(why_change), "until": until}
    with _inside(actor, company_id) as there:
        _told(there, session_id, Happened.SUPPORT_ENTERED, {**details, "change_reason": why_change or ""})
    return token


def leave(work: Work) -> None:
    """End the visit this is."""
    if work.actor.is_support and work.actor.session_id is not None:
        _end(work, work.actor.session_id, "left")


def end_for_company(work: Work) -> int:
    """The company shows its visitors out; says how many there were."""
    work.require(Permission.OWN_COMPANY)
    found = _live(work)
    for session in found:
        _end(work, session.id, "shown_out")
    return len(found)


def end_due(work: Work) -> None:
    """Visits of this company whose hour is over: said once."""
    query = work.select(Session).where(col(Session.support_reason).is_not(None), col(Session.revoked_at).is_(None))
    for session in work.session.exec(query.where(Session.expires_at <= now())):
        _end(work, session.id, "time")


def visits(work: Work) -> list[Visit]:
    """Who of the installation is in this company now, for the banner that its people see."""
    if work.actor.is_support or not work.actor.may(Permission.READ_AUDIT):
        return []
    return [Visit(s.expires_at, s.method == HELPS, s.support_reason or "") for s in _live(work)]


def actor_of(company: Company, person: Person, session: Session, levels: dict[str, str] | None) -> Actor | None:
    """The visitor; None once they are no operator any more."""
    if not person.is_operator:
        return None
    given = HELPING if session.method == HELPS else LOOKING
    return Actor(
        company.id,
        "support",
        f"Suporte ({person.name})",
        within(given, levels),
        person_id=person.id,
        session_id=session.id,
        email=person.email,
        company_name=company.name,
        language=person.language,
        timezone=company.timezone,
        is_support=True,
        proven_at=session.proven_at,
        levels=levels,
    )


def _live(work: Work) -> list[Session]:
    query = work.select(Session).where(col(Session.support_reason).is_not(None), col(Session.revoked_at).is_(None))
    return list(work.session.exec(query.where(Session.expires_at > now())))


def _end(work: Work, session_id: UUID, how: str) -> None:
    session = work.get(Session, session_id, lock=True)
    if session.revoked_at is None:
        session.revoked_at = now()
        _told(work, session_id, Happened.SUPPORT_LEFT, {"reason": session.support_reason or "", "how": how})
        work.announce(Topic.SESSION, session_id)


def _told(work: Work, session_id: UUID, happened: Happened, details: dict[str, object]) -> None:
    session = work.get(Session, session_id)
    activity.record_each(work, [(session, details)], happened)
    work.announce(Topic.COMPANY, work.company_id)


def _inside(actor: Actor, company_id: UUID):
    """The operator's own entries in the company they visit are support's."""
    return work_as(replace(actor, company_id=company_id, kind="support", name=f"Suporte ({actor.name})"))


def _reason(field: str, text: str) -> str:
    text = " ".join(storable_text(text).split())
    least, most = REASON_LENGTH
    if not least <= len(text) <= most:
        raise Invalid(
            field, "reason_too_short" if len(text) < least else "too_long", limit=least if len(text) < least else most
        )
    return text
