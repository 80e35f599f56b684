"""The outbox: what is put in leaves once, waits longer after each failure, and keeps nothing that could be read."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

import pytest
from sqlmodel import select

from masteria.actions import mail
from masteria.core.work import work_across
from masteria.enums import MailState
from masteria.kit.clock import now
from masteria.models import Mail


@pytest.fixture(autouse=True)
def _empty() -> None:
    with work_across() as database:
        for row in database.exec(select(Mail)):
            database.delete(row)


def posted(address: str = "ana@exemplo.com") -> UUID:
    with work_across() as database:
        return mail.post(database, address, "Assunto", "Abra https://painel.example/reset?token=segredo")


def row(mail_id: UUID) -> Mail:
    with work_across() as database:
        return database.get_one(Mail, mail_id)


def test_the_text_of_a_waiting_mail_is_sealed() -> None:
    assert b"segredo" not in row(posted()).body


def test_a_claimed_mail_can_be_read_and_is_nobody_elses() -> None:
    posted()
    claimed = mail.claim()
    assert claimed is not None
    assert "token=segredo" in claimed.body
    assert mail.claim() is None


def test_a_sent_mail_keeps_no_text() -> None:
    mail_id = posted()
    mail.claim()
    mail.record(mail_id)
    assert (row(mail_id).state, row(mail_id).body) == (MailState.SENT, b"")


def test_the_pause_grows_with_each_try_and_the_last_one_fails() -> None:
    mail_id, pauses = posted(), []
    for _ in range(len(mail.PAUSES) + 1):
        assert row(mail_id).state == MailState.QUEUED
        with work_across() as database:
            database.get_one(Mail, mail_id).due_at = now()
        mail.claim()
        mail.record(mail_id, "unreachable")
        pauses.append(row(mail_id).due_at - row(mail_id).changed_at)
    assert pauses[:-1] == sorted(pauses[:-1])
    assert (row(mail_id).state, row(mail_id).reason, row(mail_id).body) == (MailState.FAILED, "unreachable", b"")


def test_an_address_that_does_not_exist_is_not_tried_again() -> None:
    mail_id = posted()
    mail.claim()
    mail.record(mail_id, "refused_550", permanent=True)
    assert row(mail_id).state == MailState.FAILED


def test_what_is_rolled_back_was_never_posted() -> None:
    with suppress(ZeroDivisionError), work_across() as database:
        mail.post(database, "ana@exemplo.com", "Assunto", "Texto")
        database.flush()
        raise ZeroDivisionError
    assert mail.claim() is None


def test_a_mail_whose_key_is_gone_does_not_stand_before_the_others() -> None:
    lost, next_ = posted(), posted("rui@exemplo.com")
    with work_across() as database:
        found = database.get_one(Mail, lost)
        found.body = found.body[:-1] + b"x"
    claimed = mail.claim()
    assert claimed is not None
    assert claimed.id == next_
    assert (row(lost).state, row(lost).reason) == (MailState.FAILED, "cannot_open")
