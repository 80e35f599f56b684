"""The second step of signing in: codes of an authenticator (RFC 6238), and ten for the day it is lost."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy as sa
from pyotp import random_base32
from pyotp.totp import TOTP
from sqlmodel import Session as Database
from sqlmodel import col, select

from masteria.actions import credentials, mail, tickets, traces
from masteria.config import settings
from masteria.core.work import work_across
from masteria.enums import Happened, TicketPurpose
from masteria.kit.clock import now
from masteria.kit.errors import Conflict, Invalid
from masteria.kit.sealing import CannotOpen, KeyRing, derive, sign
from masteria.models import BackupCode, Person, SecondStep

PLACE = "second_step|secret"
ISSUER = "Masteria"
DRIFT = 1  # steps of 30 s that the authenticator's clock may be off, either way
BACKUP_CODES = 10
MINUTES = 5  # between the first step and the second
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another


@dataclass(frozen=True, slots=True)
class Offer:
    """An authenticator's secret at the only moment it can be read, as text and as the address that its QR code holds."""

    secret: str = field(repr=False)
    address: str = field(repr=False)


def is_on(person_id: UUID) -> bool:
    """Whether signing in asks this person for a code."""
    with work_across() as database:
        return database.get_one(Person, person_id).second_step_at is not None


def offer(person_id: UUID) -> Offer:
    """A new secret, which asks for nothing until it is confirmed. `Conflict` when a confirmed one is there."""
    secret = random_base32()
    with work_across() as database:
        person = database.get_one(Person, person_id, with_for_update=True)
        if person.email_verified_at is None:
            # else whoever made an account with somebody's address could keep them out of it for good
            raise Conflict("login_unverified")
        step = _step(database, person_id)
        if step is not None and step.confirmed_at is not None:
            raise Conflict("second_step_on")
        step = step or SecondStep(person_id=person_id, secret=b"")
        step.secret, step.last_counter = _keys().seal(person_id, PLACE, secret), 0
        database.add(step)
        return Offer(secret, TOTP(secret, name=person.email, issuer=ISSUER).provisioning_uri())


def confirm(person_id: UUID, code: str, *, ip: str = "") -> tuple[str, ...]:
    """The authenticator works: from now on it is asked for. Gives the backup codes, which are shown this once."""
    with work_across() as database:
        person = database.get_one(Person, person_id, with_for_update=True)
        step = _step(database, person_id)
        if step is None or step.confirmed_at is not None:
            raise Conflict("second_step_on" if step else "second_step_off")
        if not _uses_up(step, code):
            raise Invalid("code", "code_wrong")
        step.confirmed_at = person.second_step_at = now()
        traces.note_everywhere(database, person, Happened.SECOND_STEP_ENABLED, ip=ip)
        mail.write(database, person.email, person.language, "second_step_on")
        return _new_backup_codes(database, person_id)


def check(database: Database, person_id: UUID, code: str) -> str:
    """Use up this code of the authenticator or of the ten; which it was. `Invalid` for any other, also one seen before."""
    step = _step(database, person_id)
    if step is None or step.confirmed_at is None:
        raise Invalid("code", "code_wrong")
    if _uses_up(step, code):
        return "code"
    backup = database.exec(
        select(BackupCode)
        .where(BackupCode.person_id == person_id, BackupCode.code_hash == _hash(person_id, code))
        .where(col(BackupCode.used_at).is_(None))
        .with_for_update()
    ).first()
    if backup is None:
        raise Invalid("code", "code_wrong")
    backup.used_at = now()
    return "backup"


def wait(person_id: UUID) -> str:
    """Who has shown the first step waits for the second: the token of a ticket, or nothing when none is asked for."""
    with work_across() as database:
        if database.get_one(Person, person_id).second_step_at is None:
            return ""
        return tickets.issue(database, TicketPurpose.SECOND_STEP, person_id, minutes=MINUTES)


def waiting(token: str) -> UUID | None:
    """Whose second step this ticket waits for; None when it is over."""
    try:
        with work_across() as database:
            return tickets.look(database, TicketPurpose.SECOND_STEP, token).person_id
    except Conflict:
        return None


def pass_on(token: str, code: str) -> UUID:
    """The second step is done: the ticket and the code are used up. `Conflict` from the ticket, `Invalid` from the code."""
    with work_across() as database:
        person_id = tickets.look(database, TicketPurpose.SECOND_STEP, token).person_id
        which = check(database, person_id, code)
        tickets.redeem(database, TicketPurpose.SECOND_STEP, token)
        if which == "backup":
            person = database.get_one(Person, person_id)
            left = _left(database, person_id)
            mail.write(database, person.email, person.language, "backup_code", count=left)
        return person_id


def start_over(person_id: UUID) -> None:
    """Wrong too often: whoever waits must begin with the first step."""
    with work_across() as database:
        tickets.void(database, person_id, TicketPurpose.SECOND_STEP)


def renew_backup_codes(person_id: UUID) -> tuple[str, ...]:
    """Ten new ones; the old ones are worth nothing."""
    with work_across() as database:
        person = database.get_one(Person, person_id, with_for_update=True)
        if person.second_step_at is None:
            raise Conflict("second_step_off")
        traces.note_everywhere(database, person, Happened.SECOND_STEP_ENABLED, renewed=True)
        return _new_backup_codes(database, person_id)


def switch_off(person_id: UUID, password: str, code: str, *, ip: str = "") -> None:
    """Only the first step from now on. Wants the password, if there is one, and a code: a left-open screen is not enough."""
    with work_across() as database:
        person = database.get_one(Person, person_id, with_for_update=True)
        if person.password_hash and not credentials.is_right(password, person.password_hash):
            raise Invalid("password", "wrong")
        check(database, person_id, code)
        for table in (BackupCode, SecondStep):
            database.exec(sa.delete(table).where(col(table.person_id) == person_id))
        person.second_step_at = None
        traces.note_everywhere(database, person, Happened.SECOND_STEP_DISABLED, ip=ip)
        mail.write(database, person.email, person.language, "second_step_off")


def codes_left(person_id: UUID) -> int:
    """How many backup codes can still be used."""
    with work_across() as database:
        return _left(database, person_id)


def _step(database: Database, person_id: UUID) -> SecondStep | None:
    """Locked: of two who use the same code at once, one is late."""
    return database.exec(select(SecondStep).where(SecondStep.person_id == person_id).with_for_update()).first()


def _uses_up(step: SecondStep, code: str) -> bool:
    """Whether it is a code of now, and newer than the last one that was used."""
    try:
        totp = TOTP(_keys().open(step.person_id, PLACE, step.secret))
    except CannotOpen:  # its key is gone: no code is right any more, and the ten others are left
        return False
    typed, present = _plain(code), totp.timecode(now())
    for counter in range(present - DRIFT, present + DRIFT + 1):
        is_right = hmac.compare_digest(totp.generate_otp(counter).encode(), typed.encode())
        if is_right and counter > step.last_counter:
            step.last_counter = counter
            return True
    return False


def _new_backup_codes(database: Database, person_id: UUID) -> tuple[str, ...]:
    database.exec(sa.delete(BackupCode).where(col(BackupCode.person_id) == person_id))
    codes = tuple("".join(secrets.choice(_LETTERS) for _ in range(10)) for _ in range(BACKUP_CODES))
    database.add_all(BackupCode(person_id=person_id, code_hash=_hash(person_id, code)) for code in codes)
    return tuple(f"{code[:5]}-{code[5:]}" for code in codes)


def _left(database: Database, person_id: UUID) -> int:
    unused = select(sa.func.count()).where(BackupCode.person_id == person_id, col(BackupCode.used_at).is_(None))
    return database.exec(unused).one()


def _hash(person_id: UUID, code: str) -> bytes:
    """Keyed, since a code is short enough to be guessed by whoever reads the table alone."""
    return sign(derive(settings().secret_key, "backup-codes"), f"{person_id}|{_plain(code)}".encode())


def _plain(code: str) -> str:
    """As people type it: with spaces, a hyphen, capitals."""
    return "".join(letter for letter in code[:64].lower() if letter.isascii() and letter.isalnum())


def _keys() -> KeyRing:
    return KeyRing(settings().encryption_keys)
