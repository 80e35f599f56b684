"""The outbox: mail as rows that wait, with growing pauses between tries. Its text holds links that open doors, so it is
sealed, and emptied as soon as nobody needs it any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import event
from sqlmodel import Session as Database
from sqlmodel import col, select

from masteria.config import settings
from masteria.core.jobs import Job, ring
from masteria.core.letters import letter
from masteria.core.work import work_across
from masteria.enums import MailState
from masteria.kit.clock import now
from masteria.kit.sealing import CannotOpen, KeyRing
from masteria.models import Mail

PLACE = "mail|body"
HELD = timedelta(minutes=2)  # whoever claimed it and fell has not sent it by then
PAUSES = tuple(timedelta(seconds=s) for s in (20, 60, 300, 900, 1800, 3600, 7200))  # after each try but the last


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A mail to be sent now."""

    id: UUID
    address: str
    subject: str
    body: str


def post(database: Database, address: str, subject: str, body: str) -> UUID:
    """Put it into the outbox, in a `work_across` session: it leaves once that has committed, and never if it has not."""
    row = Mail(address=address, subject=" ".join(subject.split())[:200], due_at=now())
    row.body = _keys().seal(row.id, PLACE, body)
    database.add(row)
    event.listen(database, "after_commit", lambda _: ring(Job.SEND_MAIL), once=True)
    return row.id


def write(database: Database, address: str, language: str, name: str, **values: object) -> UUID:
    """The same, with one of the letters of `core/letters.py` in the reader's language."""
    subject, body = letter(language, name, **values)
    return post(database, address, subject, body)


def claim() -> Outgoing | None:
    """The mail that is due for longest, mine for two minutes; None when none is due.

    Who dies after sending and before `record` sends it twice: to get a link twice is better than never.
    """
    while True:
        with work_across() as database:
            row = _next(database)
            if row is None:
                return None
            row.attempts, row.due_at = row.attempts + 1, now() + HELD
            try:
                return Outgoing(row.id, row.address, row.subject, _keys().open(row.id, PLACE, row.body))
            except CannotOpen:  # its key is gone: it can never be sent, and must not stand before the others
                row.state, row.reason, row.body = MailState.FAILED, "cannot_open", b""


def record(mail_id: UUID, reason: str | None = None, *, permanent: bool = False) -> None:
    """It was sent; or, for this reason, it was not: then it waits again, or has failed for good."""
    with work_across() as database:
        row = database.exec(select(Mail).where(Mail.id == mail_id).with_for_update()).one()
        row.reason = reason
        if reason is None:
            row.state, row.body = MailState.SENT, b""
        elif permanent or row.attempts > len(PAUSES):
            row.state, row.body = MailState.FAILED, b""
        else:
            row.due_at = now() + PAUSES[row.attempts - 1]


def _next(database: Database) -> Mail | None:
    due = select(Mail).where(col(Mail.state) == MailState.QUEUED, col(Mail.due_at) <= now())
    return database.exec(due.order_by(col(Mail.due_at)).limit(1).with_for_update(skip_locked=True)).first()


def _keys() -> KeyRing:
    return KeyRing(settings().encryption_keys)
