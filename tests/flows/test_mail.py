"""Mail leaves by a real SMTP server; without one the link stands in the log, with one it never does."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator

import pytest
from sqlmodel import select

from masteria.actions import mail as outbox
from masteria.config import settings
from masteria.core.logs import JsonFormatter, TextFormatter, redact
from masteria.core.work import work_across
from masteria.enums import MailState
from masteria.flows import mail
from masteria.models import Mail
from tests.ports import free_port
from tests.postoffice import PostOffice

LINK = "https://painel.example/reset?token=segredo"


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with PostOffice() as opened:
        yield opened


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    with work_across() as database:
        for row in database.exec(select(Mail)):
            database.delete(row)
    yield
    settings.cache_clear()


def send(monkeypatch: pytest.MonkeyPatch, url: str, subject: str = "Olá, ação") -> Mail:
    monkeypatch.setitem(os.environ, "SMTP_URL", url)
    settings.cache_clear()
    with work_across() as database:
        mail_id = outbox.post(database, "ana@exemplo.com", subject, f"Abra {LINK}")
    mail.send()
    with work_across() as database:
        return database.get_one(Mail, mail_id)


def test_a_mail_reaches_its_reader(monkeypatch: pytest.MonkeyPatch, office: PostOffice) -> None:
    sent = send(monkeypatch, office.url)
    assert (sent.state, sent.attempts, sent.body) == (MailState.SENT, 1, b"")
    (taken,) = office.taken
    assert (taken.to, taken.message["subject"]) == (["ana@exemplo.com"], "Olá, ação")
    assert LINK in taken.text
    assert taken.message["message-id"].startswith(f"<{sent.id}@")


def test_a_refused_address_is_given_up_and_a_busy_server_waited_for(
    monkeypatch: pytest.MonkeyPatch, office: PostOffice
) -> None:
    office.refuse_with = "550 no such person"
    assert send(monkeypatch, office.url).state == MailState.FAILED
    office.refuse_with = "451 later"
    waiting = send(monkeypatch, office.url)
    assert (waiting.state, waiting.reason, waiting.attempts) == (MailState.QUEUED, "refused_451", 1)


def test_with_a_server_no_link_is_logged(
    monkeypatch: pytest.MonkeyPatch, office: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        send(monkeypatch, office.url)
        assert send(monkeypatch, f"smtp://ana:segredinho@127.0.0.1:{free_port()}").reason == "unreachable"
    logged = " ".join(r.getMessage() for r in caplog.records if r.name != "mail.log")  # the test's own server
    assert "unreachable" in logged
    assert "segred" not in logged


def test_without_a_server_the_operator_finds_the_link_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        sent = send(monkeypatch, "", "Make a new password")
    assert (sent.state, sent.body) == (MailState.SENT, b"")
    (record,) = [r for r in caplog.records if r.name == "masteria.flows.mail"]
    line = TextFormatter().format(record)
    assert "ana@exemplo.com" in line
    assert LINK in line
    assert json.loads(JsonFormatter().format(record))["message"] in line
    assert LINK not in redact(line)  # any other line would lose it


def test_a_password_does_not_travel_in_the_clear(monkeypatch: pytest.MonkeyPatch, office: PostOffice) -> None:
    url = office.url.replace("127.0.0.1", "ana:segredo@ip6-localhost").replace("ip6-localhost", "0.0.0.0")
    assert send(monkeypatch, url).reason == "no_tls"
    assert office.taken == []
