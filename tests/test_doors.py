"""Every door is shut to the outsider and to whoever may only look: actions by id, and every event of every screen."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlmodel import SQLModel

import masteria.actions
from masteria.actions import campaigns, contacts, imports, inbox, invites, keys, roles, teams
from masteria.actions import intake as bodies
from masteria.channels.base import NumberInfo
from masteria.core.work import Work, work_as
from masteria.enums import Direction, Role, SendState
from masteria.kit.clock import now
from masteria.kit.errors import Forbidden, NotFound
from masteria.models import Conversation, Message
from tests.cast import Cast, a_connection, a_template
from tests.cast import contacts as people

# Steps of the machine, not doors: called with `Actor.system` by flows, never by a person.
MACHINERY = {
    "masteria.actions.budgets",
    "masteria.actions.leases",
    "masteria.actions.sending",
    "masteria.actions.tally",
    "masteria.actions.receipts",
    "masteria.actions.receiving",
    "masteria.actions.intake",
    "masteria.actions.activity",
    "masteria.actions.notices",
    "masteria.actions.people",
    "masteria.actions.preferences",
    "masteria.actions.standing",
    "masteria.actions.wishes",
    "masteria.actions.audiences",
    "masteria.actions.bulk",
    "masteria.actions.idempotency",
    "masteria.actions.ranks",
    "masteria.actions.quotas",
    "masteria.actions.acts",
    "masteria.actions.removal",
}
# the installation's own: refused for every role of every company, tried in tests/actions/test_installation.py
ABOVE = {"masteria.actions.installation", "masteria.actions.operators", "masteria.actions.support"}
STEPS = {
    "campaigns.interrupt",
    "campaigns.start_due",
    "campaigns.finish",
    "imports.files_in_line",
    "imports.claim",
    "imports.progress",
    "imports.fail",
    "imports.finish",
    "imports.give_back",
    "imports.taken_back",
    "templates.heed",
}
OWN = {"members.leave"}  # what everybody may do with themselves
SAMPLES: dict[str, Any] = {
    "name": "Outro nome",
    "text": "Oi, tudo bem?",
    "code": "190",
    "account": False,
    "info": NumberInfo("+55 11 90000-0100", "Aurora", "GREEN", 80, True),
    "found": [],
    "email": "outra@exemplo.com",
    "password": "um-segredo-longo",
    "role": Role.AGENT,
    "scopes": ["contacts:read"],
    "phone": "+5511987654321",
    "settings": {},
    "contact_ids": [],
    "kind": "whatsapp_cloud",
    "file_name": "pessoas.csv",
    "key": "nowhere",
    "mapping": {},
    "options": {},
    "permissions": ["contacts:read"],
    "person_ids": [],
}


@dataclass
class Door:
    name: str
    action: Callable[..., Any]

    def arguments(self, ids: dict[str, Any]) -> dict[str, Any]:
        """A value for every required argument after `work`."""
        found = {}
        for name, parameter in list(inspect.signature(self.action).parameters.items())[1:]:
            if name in ids:
                found[name] = ids[name]
            elif parameter.default is parameter.empty and parameter.kind != parameter.VAR_KEYWORD:
                found[name] = SAMPLES[name]
        return found


def doors() -> Iterator[Door]:
    for module_info in pkgutil.iter_modules(masteria.actions.__path__, "masteria.actions."):
        if module_info.name in MACHINERY | ABOVE:
            continue
        module = importlib.import_module(module_info.name)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            label = f"{module_info.name.rpartition('.')[2]}.{name}"
            takes_work = next(iter(inspect.signature(function).parameters), "") == "work"
            if (
                function.__module__ == module.__name__
                and takes_work
                and not name.startswith("_")
                and label not in STEPS | OWN
            ):
                yield Door(label, function)


TEMPORARY = {f"imports.{name}" for name in ("staging", "copying", "merge", "over_quota", "settle")}
ALL = [d for d in doors() if d.name not in TEMPORARY]
BY_ID = [d for d in ALL if any(p.endswith("_id") for p in inspect.signature(d.action).parameters if p != "client_id")]


@pytest.fixture
def ids(cast: Cast) -> dict[str, Any]:
    """One of everything, in Aurora."""
    connection = a_connection(cast.ana)
    contact, template = people(cast.ana, 1)[0], a_template(cast.ana, connection)
    with work_as(cast.ana) as work:
        conversation = work.add(Conversation(connection_id=connection.id, contact_id=contact.id, last_message_at=now()))
        work.session.flush()
        message = work.add(
            Message(conversation_id=conversation.id, direction=Direction.OUTBOUND, text="Oi", state=SendState.FAILED)
        )
        bodies.take_in(work, connection.id, [b'{"entry": []}'])
        event_id = work.execute("select id from intake where company_id = :id", {"id": work.company_id}).scalar_one()
        return {
            "event_id": event_id,
            "connection_id": connection.id,
            "contact_id": contact.id,
            "template_id": template.id,
            "conversation_id": conversation.id,
            "message_id": message.id,
            "list_id": contacts.create_list(work, "Lista"),
            "campaign_id": campaigns.create(work, name="Novidades", connection_id=connection.id),
            "import_id": imports.start(work, "a.csv", f"{work.company_id.hex}-nowhere", {}, {}),
            "person_id": cast.bruno.person_id,
            "custom_role_id": (role_id := roles.create(work, "Recepção", ["contacts:read"])),
            "role_id": role_id,
            "team_id": teams.create(work, "Vendas"),
            "invite_id": invites.create(work, Role.AGENT).id,
            "key_id": keys.create_api_key(work, "chave", ["contacts:read"]).id,
        }


def test_the_list_of_doors_is_not_empty() -> None:
    assert {"campaigns.launch", "contacts.update", "inbox.reply", "connections.delete"} <= {d.name for d in BY_ID}
    assert inbox.reply in [d.action for d in BY_ID]


@pytest.mark.parametrize("door", BY_ID, ids=lambda d: d.name)
def test_the_outsider_finds_nothing(cast: Cast, ids: dict[str, Any], door: Door) -> None:
    before = _everything(cast)
    with pytest.raises(NotFound), work_as(cast.clara) as work:
        door.action(work, **door.arguments(ids))
    assert _everything(cast) == before


@pytest.mark.parametrize("door", [d for d in ALL if d.name != "campaigns.preflight"], ids=lambda d: d.name)
def test_who_may_only_look_is_refused(cast: Cast, ids: dict[str, Any], door: Door) -> None:
    with pytest.raises(Forbidden), work_as(cast.vera) as work:
        door.action(work, **door.arguments(ids))


def _everything(cast: Cast) -> dict[str, int]:
    """A fingerprint of every row of Aurora."""
    with work_as(cast.ana) as work:
        return {name: _print(work, name) for name, table in SQLModel.metadata.tables.items() if "company_id" in table.c}


def _print(work: Work, table: str) -> int:
    query = f'select coalesce(sum(hashtext(t::text)::bigint), 0) from "{table}" t where company_id = :company'
    return int(work.execute(query, {"company": work.company_id}).scalar() or 0)
