"""Links by mail and cookies between two steps: each works once, until its time is over."""

from __future__ import annotations

import secrets
from datetime import timedelta
from uuid import UUID

from sqlmodel import Session as Database
from sqlmodel import col, select

from masteria.enums import TicketPurpose
from masteria.kit.clock import now
from masteria.kit.errors import Conflict
from masteria.kit.sealing import digest
from masteria.models import Ticket


def issue(database: Database, purpose: TicketPurpose, person_id: UUID, email: str = "", *, minutes: int) -> str:
    """A new ticket's token, which is nowhere else."""
    token = secrets.token_urlsafe(32)
    until = now() + timedelta(minutes=minutes)
    database.add(Ticket(purpose=purpose, person_id=person_id, email=email, token_hash=digest(token), expires_at=until))
    return token


def redeem(database: Database, purpose: TicketPurpose, token: str) -> Ticket:
    """Use it up. `Conflict`: `link_wrong` (there is none), `link_used`, `link_expired`.

    The row is locked, so of two who come at once one is late; and if what follows fails, the ticket is as good as before.
    """
    ticket = _find(database, purpose, token)
    ticket.used_at = now()
    return ticket


def look(database: Database, purpose: TicketPurpose, token: str) -> Ticket:
    """The same without using it up."""
    return _find(database, purpose, token)


def void(database: Database, person_id: UUID, *purposes: TicketPurpose) -> None:
    """What this person still holds for these is worth nothing any more."""
    held = select(Ticket).where(Ticket.person_id == person_id, col(Ticket.purpose).in_(purposes))
    for ticket in database.exec(held.where(col(Ticket.used_at).is_(None)).with_for_update()):
        ticket.expires_at = min(ticket.expires_at, now())


def _find(database: Database, purpose: TicketPurpose, token: str) -> Ticket:
    wanted = select(Ticket).where(Ticket.token_hash == digest(token), Ticket.purpose == purpose)
    ticket = database.exec(wanted.with_for_update()).first()
    if ticket is None:
        raise Conflict("link_wrong")
    if ticket.used_at is not None:
        raise Conflict("link_used")
    if ticket.expires_at <= now():
        raise Conflict("link_expired")
    return ticket
