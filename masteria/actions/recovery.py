"""The ways back in and what they rest on: a confirmed address, a password that can be changed, links by mail.

Whatever an address is asked for, the answer is the same whether somebody has it or not.
"""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session as Database
from sqlmodel import col, select

from masteria.actions import credentials, mail, sessions, tickets, traces
from masteria.config import settings
from masteria.core.access import Actor
from masteria.core.work import work_across
from masteria.enums import Happened, TicketPurpose, Topic
from masteria.kit.clock import now, spoken
from masteria.kit.errors import Conflict, Invalid
from masteria.models import Company, Member, Person, RefreshToken, Session, Ticket

VERIFY, RESET, NEW_EMAIL = TicketPurpose.VERIFY_EMAIL, TicketPurpose.RESET_PASSWORD, TicketPurpose.CHANGE_EMAIL
VERIFY_MINUTES, LINK_MINUTES = 48 * 60, 60
RECENT_MINUTES = 10


def send_verification(database: Database, person: Person) -> None:
    """The link that confirms this person's address. An earlier one works as well, until one of them was used."""
    token = tickets.issue(database, VERIFY, person.id, person.email, minutes=VERIFY_MINUTES)
    mail.write(database, person.email, person.language, "verify", link=address_of("verify", token))


def send_verification_again(actor: Actor) -> None:
    """The same, asked for by the person; nothing when there is nothing left to confirm."""
    with work_across() as database:
        person = database.get_one(Person, actor.person_id)
        if person.email_verified_at is None:
            send_verification(database, person)


def verify(token: str, *, person_id: UUID | None = None, password: str = "", ip: str = "") -> Member:
    """The address is this person's, who goes on in their company. Whoever opens the link must be signed in as them, or know the password.

    Else an account made with somebody's address and a stranger's password would be confirmed by its victim's click.
    """
    person = _holder(VERIFY, token)
    if person_id != person.id and not credentials.is_right(password, person.password_hash):
        raise Invalid("password", "wrong")
    with work_across() as database:
        tickets.redeem(database, VERIFY, token)
        person = database.get_one(Person, person.id)
        _confirm(database, person, ip)
        return sessions.home_of(database, person.id)


def ask_reset(email: str) -> None:
    """A link for a new password to who has this address; nothing to anybody else."""
    with work_across() as database:
        person = database.exec(select(Person).where(Person.email == email.strip().lower())).first()
        if person is not None:
            mail.write(database, person.email, person.language, "reset", link=reset_link(database, person))


def reset_link(database: Database, person: Person) -> str:
    """A fresh one."""
    return address_of("reset", tickets.issue(database, RESET, person.id, person.email, minutes=LINK_MINUTES))


def reset(token: str, password: str, *, ip: str = "") -> None:
    """A new password by the link. Everybody is signed out everywhere; the mailbox has proved the address as well."""
    person = _holder(RESET, token)
    hashed = credentials.hashed(credentials.checked_password(password, *_own_words(person)))
    with work_across() as database:
        tickets.redeem(database, RESET, token)
        person = database.get_one(Person, person.id)
        _confirm(database, person, ip)
        _change_password(database, person, hashed, keep=None, ip=ip)


def change_password(actor: Actor, old: str, new: str) -> None:
    """A new password by who knows the old one, or has none yet and signed in just now; other devices are signed out."""
    person = _self(actor)
    _prove(actor, person, old)
    hashed = credentials.hashed(credentials.checked_password(new, *_own_words(person)))
    with work_across() as database:
        person = database.get_one(Person, person.id)
        _change_password(database, person, hashed, keep=actor.session_id, ip=actor.ip)


def ask_new_email(actor: Actor, email: str, password: str) -> None:
    """A link to the new address, and a word to the old one. Whether the new one is somebody's is not said."""
    email, person = credentials.checked_email(email), _self(actor)
    _prove(actor, person, password)
    if email == person.email:
        raise Invalid("email", "same_email")
    with work_across() as database:
        if database.exec(select(Person.id).where(Person.email == email)).first() is None:
            token = tickets.issue(database, NEW_EMAIL, person.id, email, minutes=LINK_MINUTES)
            mail.write(database, email, person.language, "new_email", link=address_of("verify", token))
        said = {"when": spoken(now()), "email": email, "forgot": address_of("forgot")}
        mail.write(database, person.email, person.language, "old_email", **said)


def change_email(token: str, *, ip: str = "") -> UUID:
    """The link in the new address was opened: from now on that is the person's."""
    with work_across() as database:
        ticket = tickets.redeem(database, NEW_EMAIL, token)
        if database.exec(select(Person.id).where(Person.email == ticket.email)).first() is not None:
            raise Conflict("link_wrong")
        person = database.get_one(Person, ticket.person_id)
        old, person.email, person.email_verified_at = person.email, ticket.email, now()
        tickets.void(database, person.id, VERIFY, RESET, NEW_EMAIL)
        traces.note_everywhere(database, person, Happened.EMAIL_CHANGED, ip=ip, before=old, after=person.email)
        _forget_what_is_known(database, traces.memberships(database, person.id))
        said = {"when": spoken(now()), "email": person.email}
        mail.write(database, old, person.language, "email_changed", **said)
        return person.id


def purpose_of(token: str) -> TicketPurpose:
    """What the link of the page `/verify` is for; `Conflict` when it is good for nothing."""
    try:
        return _looked_at(VERIFY, token).purpose
    except Conflict as error:
        if error.reason != "link_wrong":
            raise
        return _looked_at(NEW_EMAIL, token).purpose


def belongs_to(token: str, actor: Actor) -> bool:
    """Whether this confirmation is the actor's own."""
    try:
        return _holder(VERIFY, token).id == actor.person_id
    except Conflict:
        return False


def address_of(page: str, token: str = "") -> str:
    return f"{settings().public_url}/{page}" + (f"?token={token}" if token else "")


def _looked_at(purpose: TicketPurpose, token: str) -> Ticket:
    with work_across() as database:
        return tickets.look(database, purpose, token)


def _holder(purpose: TicketPurpose, token: str) -> Person:
    """Whose link this is; it stays as good as it was. A link to an address that is theirs no longer is wrong."""
    with work_across() as database:
        ticket = tickets.look(database, purpose, token)
        person = database.get_one(Person, ticket.person_id)
    if ticket.email != person.email:
        raise Conflict("link_wrong")
    return person


def _self(actor: Actor) -> Person:
    with work_across() as database:
        return database.get_one(Person, actor.person_id)


def _prove(actor: Actor, person: Person, password: str) -> None:
    if person.password_hash:
        if not credentials.is_right(password, person.password_hash):
            raise Invalid("old_password", "wrong_password")
    elif actor.proven_at is None or (now() - actor.proven_at).total_seconds() > RECENT_MINUTES * 60:
        raise Conflict("prove_again")


def _own_words(person: Person) -> list[str]:
    with work_across() as database:
        companies = select(Company.name).join(Member, col(Member.company_id) == col(Company.id))
        return [person.name, person.email, *database.exec(companies.where(Member.person_id == person.id))]


def _confirm(database: Database, person: Person, ip: str) -> None:
    if person.email_verified_at is None:
        person.email_verified_at = now()
        found = traces.memberships(database, person.id)
        traces.note(database, person, Happened.EMAIL_VERIFIED, found, ip=ip, email=person.email)
        _forget_what_is_known(database, found)
    tickets.void(database, person.id, VERIFY)


def _forget_what_is_known(database: Database, found: list[Member]) -> None:
    """What they may do has grown, or their name changed: no page goes on by what it knew before."""
    traces.announce(database, Topic.MEMBER, [(member.company_id, member.id) for member in found])


def _change_password(database: Database, person: Person, hashed: str, *, keep: UUID | None, ip: str) -> None:
    """With it every other way in ends that the old one had opened."""
    person.password_hash = hashed
    tickets.void(database, person.id, RESET, NEW_EMAIL, TicketPurpose.SECOND_STEP)
    open_ = select(Session).where(Session.person_id == person.id, col(Session.revoked_at).is_(None))
    sessions.end(database, person, [s for s in database.exec(open_) if s.id != keep], ip=ip)
    for token in database.exec(select(RefreshToken).where(RefreshToken.person_id == person.id)):
        token.revoked_at = token.revoked_at or now()
    traces.note_everywhere(database, person, Happened.PASSWORD_CHANGED, ip=ip)
    said = {"when": spoken(now()), "forgot": address_of("forgot")}
    mail.write(database, person.email, person.language, "password", **said)
