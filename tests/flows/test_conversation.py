"""A person writes, the team answers: real doors, real workers, the sandbox as Meta and as the person's phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from masteria.actions import inbox
from masteria.core.access import Actor
from masteria.core.work import work_as
from masteria.enums import Consent
from masteria.models import Connection, Contact
from masteria.queries import inbox as reading
from masteria.queries.inbox import ConversationRow, MessageRow
from tests.cast import Cast
from tests.stage import HookProcess, SandboxProcess, until, worker


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    process = SandboxProcess("--latency", "5-20")
    yield process
    process.stop()


@pytest.fixture(scope="module")
def hooks(sandbox: SandboxProcess) -> Iterator[HookProcess]:
    doors = HookProcess()
    started = [worker(queue, META_GRAPH_URL=sandbox.url) for queue in ("messages", "intake")]
    yield doors
    for process in [*started, doors]:
        process.stop()


def writes(sandbox: SandboxProcess, connection: Connection, text: str, sender: str = "5511987650001") -> None:
    body = {"phone_number_id": connection.external_id, "from": sender, "name": "Bia", "text": text}
    sandbox.post("inbound", **body)


def talk(actor: Actor) -> ConversationRow | None:
    with work_as(actor) as work:
        return next(iter(reading.list_conversations(work).rows), None)


def newest(actor: Actor, row: ConversationRow) -> MessageRow:
    with work_as(actor) as work:
        return reading.thread(work, row.id).rows[0]


HIDDEN = "5511987659987"  # the sandbox's person who shows a user name only


@pytest.mark.parametrize("sender", ["5511987650001", HIDDEN], ids=["by number", "by user id"])
def test_an_answer_reaches_the_person_and_its_states_come_back(
    cast: Cast, sandbox: SandboxProcess, hooks: HookProcess, sender: str
) -> None:
    connection = sandbox.number(cast.ana, hooks.url)
    writes(sandbox, connection, "Quanto custa?", sender)
    row = until(lambda: talk(cast.ana))
    assert (row.name, row.last_message_text, row.unread_count) == ("Bia", "Quanto custa?", 1)
    assert row.phone == (None if sender == HIDDEN else f"+{sender}")
    with work_as(cast.bruno) as work:
        message_id = inbox.reply(work, row.id, "Dez reais", client_id="once")
    until(lambda: newest(cast.ana, row).state in ("delivered", "read"))
    assert newest(cast.ana, row).id == message_id
    assert sandbox.get(f"accepted?phone_number_id={connection.external_id}")["data"] == {f"m:{message_id}": 1}


def test_sair_written_on_a_phone_opts_the_person_out(cast: Cast, sandbox: SandboxProcess, hooks: HookProcess) -> None:
    connection = sandbox.number(cast.ana, hooks.url)
    writes(sandbox, connection, "Sair.")
    assert until(lambda: consent(cast.ana) == Consent.OPTED_OUT)
    who = {"phone_number_id": connection.external_id, "from": "5511987650001"}
    sandbox.post("preference", value="resume", **who)
    assert until(lambda: consent(cast.ana) == Consent.OPTED_IN)
    sandbox.post("preference", value="stop", **who)
    assert until(lambda: consent(cast.ana) == Consent.OPTED_OUT)


def consent(actor: Actor) -> Consent | None:
    with work_as(actor) as work:
        found = work.session.exec(work.select(Contact)).one_or_none()
        return found.consent_whatsapp if found else None
