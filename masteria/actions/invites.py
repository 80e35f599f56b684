"""Invites: a link that makes whoever opens it a member, once. The link is shown when it is made and kept as a hash."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import event
from sqlmodel import Session as Database
from sqlmodel import col, select

from masteria.actions import activity, credentials, mail, quotas, ranks, recovery
from masteria.config import settings
from masteria.core import live
from masteria.core.access import Actor, rank_of
from masteria.core.letters import LANGUAGES
from masteria.core.work import Work, work_across
from masteria.enums import Happened, Permission, Quota, Role, Topic
from masteria.kit.clock import now
from masteria.kit.errors import Conflict, Invalid, NotFound
from masteria.kit.sealing import derive, digest
from masteria.kit.storable import storable_text
from masteria.models import Activity, Company, CustomRole, Invite, Member, Person, Team, TeamMember

DAYS = 7
MOST_OPEN = 100


@dataclass(frozen=True, slots=True)
class NewInvite:
    """An invite at the only moment its link can be read."""

    id: UUID
    link: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """What an invite's page says. `state` is open, used, expired or revoked."""

    state: str
    company_id: UUID
    company: str
    inviter: str
    role: str
    email: str


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who wants to come in, each value found right."""

    name: str
    email: str
    password_hash: str
    language: str

    @classmethod
    def checked(cls, name: str, email: str, password: str, language: str = LANGUAGES[0]) -> Newcomer:
        """`Invalid` names the field."""
        email, name = credentials.checked_email(email), credentials.checked_name(storable_text(name), "name")
        hashed = credentials.hashed(credentials.checked_password(password, name, email))
        return cls(name, email, hashed, language if language in LANGUAGES else LANGUAGES[0])

    def person(self) -> Person:
        return Person(email=self.email, name=self.name, password_hash=self.password_hash, language=self.language)


def create(
    work: Work,
    role: Role | None,
    *,
    custom_role_id: UUID | None = None,
    team_id: UUID | None = None,
    own_only: bool = False,
    email: str = "",
) -> NewInvite:
    """A link for one person. With an address only that person may use it, once the address is confirmed."""
    work.require(Permission.EDIT_MEMBERS)
    ranks.hold(work)
    post = ranks.post(work, role, custom_role_id)
    email = credentials.checked_email(email) if email.strip() else ""
    _check_room(work, email)
    token = secrets.token_urlsafe(32)
    invite = work.add(
        Invite(
            email=email,
            role=post.role,
            custom_role_id=post.custom.id if post.custom else None,
            team_id=work.get(Team, team_id).id if team_id else None,
            own_only=ranks.checked_own_only(post.role, own_only),
            token_hash=digest(token),
            invited_by=work.actor.person_id,
            expires_at=now() + timedelta(days=DAYS),
        )
    )
    work.session.flush()
    activity.record(work, invite, Happened.INVITE_CREATED, email=email)
    _send(work, email, token)
    work.announce(Topic.MEMBER, invite.id)
    return NewInvite(invite.id, link_of(token), invite.expires_at)


def renew(work: Work, invite_id: UUID) -> NewInvite:
    """Another link for the same invite, for a week; the one before is worth nothing."""
    work.require(Permission.EDIT_MEMBERS)
    ranks.hold(work)
    invite = work.get(Invite, invite_id, lock=True)
    if invite.accepted_at or invite.revoked_at:
        raise Conflict("invite_used" if invite.accepted_at else "invite_revoked")
    ranks.post(work, invite.role, invite.custom_role_id)
    token = secrets.token_urlsafe(32)
    invite.token_hash, invite.expires_at = digest(token), now() + timedelta(days=DAYS)
    invite.invited_by = work.actor.person_id
    activity.record(work, invite, Happened.INVITE_CREATED, email=invite.email, renewed=True)
    _send(work, invite.email, token)
    work.announce(Topic.MEMBER, invite_id)
    return NewInvite(invite_id, link_of(token), invite.expires_at)


def revoke(work: Work, invite_id: UUID) -> None:
    """The link is worth nothing from now on."""
    work.require(Permission.EDIT_MEMBERS)
    invite = work.get(Invite, invite_id, lock=True)
    if invite.accepted_at:
        raise Conflict("invite_used")
    if invite.revoked_at is None:
        invite.revoked_at = now()
        activity.record(work, invite, Happened.INVITE_REVOKED, email=invite.email)
        work.announce(Topic.MEMBER, invite_id)


def look(token: str) -> Offer | None:
    """What a link offers; None for one that never was."""
    with work_across() as database:
        row = database.exec(
            select(Invite, Company, Person.name, CustomRole.name)
            .join(Company, col(Company.id) == Invite.company_id)
            .outerjoin(Person, col(Person.id) == Invite.invited_by)
            .outerjoin(CustomRole, col(CustomRole.id) == Invite.custom_role_id)
            .where(Invite.token_hash == digest(token))
        ).first()
    if row is None:
        return None
    invite, company, inviter, custom = row
    state = "revoked" if company.suspended_at else _state(invite)
    return Offer(state, company.id, company.name, inviter or "", custom or str(invite.role), invite.email)


def accept(database: Database, token: str, person: Person) -> Member:
    """This person is a member now. Of two at once one comes in; `Conflict` says why not, `NotFound` an unknown link."""
    query = select(Invite).where(Invite.token_hash == digest(token)).with_for_update()
    invite = database.exec(query.execution_options(populate_existing=True)).one_or_none()
    if invite is None:
        raise NotFound("Invite")
    held = select(Company).where(Company.id == invite.company_id).with_for_update(key_share=True)
    company = database.exec(held.execution_options(populate_existing=True)).one()
    _check(database, invite, company, person)
    custom = database.get(CustomRole, invite.custom_role_id) if invite.custom_role_id else None
    member = Member(
        company_id=company.id,
        person_id=person.id,
        role=rank_of(ranks.permissions_of(custom)) if custom else invite.role,
        custom_role_id=invite.custom_role_id,
        own_only=invite.own_only,
    )
    database.add(member)
    database.flush()
    if invite.team_id:
        database.add(TeamMember(company_id=company.id, team_id=invite.team_id, member_id=member.id))
    invite.accepted_at = now()
    database.add(_entry(invite, person, member))
    return member


def join(token: str, person_id: UUID) -> Member:
    """Somebody who has an account comes into one more company."""
    with work_across() as database:
        member = accept(database, token, database.get_one(Person, person_id))
    announce(member)
    return member


def register(token: str, proof: str, newcomer: Newcomer) -> Member:
    """Somebody new comes in; `Invalid` names the field.

    `proof` came with the link by mail: who has it has read the mail of that address, so it is confirmed. Everybody else
    is sent a letter to confirm it.
    """
    with work_across() as database:
        invite = database.exec(select(Invite).where(Invite.token_hash == digest(token))).one_or_none()
        if invite is None:
            raise NotFound("Invite")
        if _state(invite) != "open":
            raise Conflict(f"invite_{_state(invite)}")
        if database.exec(select(Person.id).where(Person.email == newcomer.email)).first():
            raise Invalid("email", "has_account")
        person = newcomer.person()
        database.add(person)
        database.flush()
        if invite.email == person.email and is_by_mail(token, proof):
            person.email_verified_at = now()
        else:
            recovery.send_verification(database, person)
        member = accept(database, token, person)
    announce(member)
    return member


def announce(member: Member) -> None:
    """Open team pages read again; after the commit of whatever accepted."""
    live.publish(member.company_id, Topic.MEMBER, member.id)


def link_of(token: str) -> str:
    """Where an invite is opened."""
    return f"{settings().public_url}/invite?token={token}"


def proof_of(token: str) -> str:
    """What the link has besides when it goes by mail, and on no screen."""
    return derive(settings().secret_key, f"invite by mail {token}").hex()[:32]


def is_by_mail(token: str, proof: str) -> bool:
    return hmac.compare_digest(proof_of(token).encode(), proof.encode())


def _check_room(work: Work, email: str) -> None:
    still_open = work.select(Invite).where(
        col(Invite.accepted_at).is_(None), col(Invite.revoked_at).is_(None), Invite.expires_at > now()
    )
    if len(work.session.exec(still_open).all()) >= MOST_OPEN:
        raise Conflict("too_many_invites", limit=MOST_OPEN)
    if email and work.session.exec(still_open.where(Invite.email == email)).first():
        raise Conflict("invited_already", email=email)
    here = select(Member.id).join(Person, col(Person.id) == Member.person_id)
    if email and work.session.exec(here.where(Member.company_id == work.company_id, Person.email == email)).first():
        raise Conflict("already_member")


def _send(work: Work, email: str, token: str) -> None:
    """The link by mail, with what proves that it was read there; once the invite stands."""
    if not email:
        return
    said = {"company": work.actor.company_name, "inviter": work.actor.name, "days": DAYS}
    language, link = work.get_company().language, f"{link_of(token)}&proof={proof_of(token)}"

    def write(_: object) -> None:
        with work_across() as database:
            mail.write(database, email, language, "invite", link=link, **said)

    event.listen(work.session, "after_commit", write, once=True)


def _state(invite: Invite) -> str:
    if invite.accepted_at:
        return "used"
    if invite.revoked_at:
        return "revoked"
    return "expired" if invite.expires_at <= now() else "open"


def _check(database: Database, invite: Invite, company: Company, person: Person) -> None:
    state = "revoked" if company.suspended_at else _state(invite)
    if state != "open":
        raise Conflict(f"invite_{state}")
    if invite.email and (person.email != invite.email or person.email_verified_at is None):
        raise Conflict("invite_of_another", email=invite.email)
    members = select(Member.id).where(Member.company_id == company.id, Member.person_id == person.id)
    if database.exec(members).first():
        raise Conflict("already_member")
    quotas.require(Work(database, Actor.system(company.id)), Quota.MEMBERS)


def _entry(invite: Invite, person: Person, member: Member) -> Activity:
    """Written here, since no actor of the company did it: the person was nobody there until now."""
    return Activity(
        company_id=invite.company_id,
        happened=Happened.INVITE_ACCEPTED,
        subject_kind="invite",
        subject_id=invite.id,
        actor_kind="person",
        actor_id=person.id,
        actor_name=person.name[:120],
        details={"email": person.email, "name": person.name, "role": str(member.role), "member": str(member.id)},
    )
