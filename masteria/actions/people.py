"""Whom the vendor means: contacts of many events found with one statement, strangers made with another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from masteria.actions import activity
from masteria.core.work import Work
from masteria.enums import Happened, Topic
from masteria.kit.ids import new_id
from masteria.kit.phone import match_key, read_phone
from masteria.models import Contact

Who = tuple[str | None, str | None]  # digits and the vendor's id of the person; either may be missing


class People:
    """The contacts that these digits and ids may mean, locked; it learns the ones that are made here."""

    def __init__(self, work: Work, who: Iterable[Who], ids: Iterable[UUID] = ()) -> None:
        self._work = work
        self._by: tuple[dict[str, Contact], ...] = ({}, {}, {})
        self._ids: dict[UUID, Contact] = {}
        self._new: list[Contact] = []
        for contact in _found(work, list(who), set(ids)):
            self._ids[contact.id] = contact
            self._learn(contact)

    def of(self, contact_id: UUID) -> Contact | None:
        """One of those that were asked for by our own id."""
        return self._ids.get(contact_id)

    def find(self, sender: str | None, user_id: str | None) -> Contact | None:
        """By the id that stays with the person, then by the digits, then by the same number in another spelling."""
        for known, value in zip(self._by, (user_id, sender, match_key(sender) if sender else None), strict=True):
            if value is not None and value in known:
                return known[value]
        return None

    def meet(self, sender: str | None, user_id: str | None, name: str) -> Contact:
        """Who it is; a stranger becomes a contact. What was not known of the person yet is noted."""
        contact = self.find(sender, user_id) or self._made(name)
        contact.whatsapp_id = sender or contact.whatsapp_id
        contact.whatsapp_user_id = user_id or contact.whatsapp_user_id
        contact.name = contact.name or name[:200]
        if sender and contact.match_key is None and match_key(sender) not in self._by[2]:
            number(contact, sender)  # until now known by the user id alone
        self._learn(contact)
        return contact

    def settle(self) -> None:
        """Write down the new ones, all at once."""
        self._work.session.flush()
        activity.record_all(self._work, self._new, Happened.CONTACT_CREATED, source="whatsapp")
        for contact in self._new:
            self._work.announce(Topic.CONTACT, contact.id)
        self._new = []

    def _made(self, name: str) -> Contact:
        contact = self._work.add(Contact(id=new_id(), name=name[:200]))
        self._new.append(contact)
        return contact

    def _learn(self, contact: Contact) -> None:
        for known, value in zip(
            self._by, (contact.whatsapp_user_id, contact.whatsapp_id, contact.match_key), strict=True
        ):
            if value is not None:
                known.setdefault(value, contact)


def number(contact: Contact, digits: str) -> None:
    """This is the person's number now. WhatsApp may leave the ninth digit of Brazil out; we keep it as it is dialled."""
    found = read_phone(f"+{digits}")
    contact.phone, contact.match_key = found.e164 if found else f"+{digits}", match_key(digits)
    contact.whatsapp_id = digits


def take_turns(work: Work) -> None:
    """Until the end of the transaction no other drain of this company makes people or conversations."""
    work.execute("select pg_advisory_xact_lock(hashtextextended(:key, 0))", {"key": f"people:{work.company_id}"})


def _found(work: Work, who: list[Who], ids: set[UUID]) -> list[Contact]:
    """Oldest first, so that of two who share a number the older is meant; locked in the order of ids."""
    senders = {sender for sender, _ in who if sender}
    columns: tuple[tuple[Any, set[Any]], ...] = (
        (Contact.id, ids),
        (Contact.whatsapp_user_id, {user_id for _, user_id in who if user_id}),
        (Contact.whatsapp_id, senders),
        (Contact.match_key, {match_key(sender) for sender in senders}),
    )
    either = [col(column).in_(values) for column, values in columns if values]
    if not either:
        return []
    query = work.select(Contact).where(sa.or_(*either)).order_by(col(Contact.id)).with_for_update()
    rows = work.session.exec(query.execution_options(populate_existing=True)).all()
    return sorted(rows, key=lambda contact: contact.created_at)
