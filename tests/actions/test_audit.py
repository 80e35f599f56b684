"""Every action that changes something says who, what, and what it was before and after. Secrets are never told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select

from masteria.actions import (
    bulk,
    campaigns,
    companies,
    connections,
    contacts,
    imports,
    inbound_events,
    inbox,
    invites,
    keys,
    members,
    roles,
    teams,
    templates,
)
from masteria.channels.base import NumberInfo
from masteria.core.access import Actor
from masteria.core.audit import HIDDEN, LONGEST
from masteria.core.work import Work, work_as
from masteria.enums import Direction, Happened, IntakeState, Role, SendState
from masteria.kit.clock import now
from masteria.kit.errors import Conflict
from masteria.models import Activity, Contact, Conversation, Intake, Message
from tests.cast import PASSWORD, Cast, a_connection, a_template
from tests.cast import contacts as people
from tests.stage import digits
from tests.test_doors import ALL

WORDS = "palavras-de-uma-conversa"
SECRETS = {name: f"{name}-segredo-{n}" for n, name in enumerate(connections.SECRETS)}
NEW_SECRETS = {name: f"{name}-outro-{n}" for n, name in enumerate(connections.SECRETS)}
INFO = NumberInfo("+55 11 90000-0100", "Aurora", "GREEN", 80, True)


@dataclass
class Stage:
    """One of everything of Aurora, each ready for what is done to it below."""

    connection: UUID
    free_connection: UUID
    contact: UUID
    list: UUID
    draft: UUID
    ready: UUID
    running: UUID
    paused: UUID
    conversation: UUID
    failed: UUID
    key: UUID
    body: UUID
    person: UUID
    role: UUID
    team: UUID
    invite: UUID


@pytest.fixture
def stage(cast: Cast) -> Stage:
    connection, free = (a_connection(cast.ana, **SECRETS) for _ in range(2))
    template, person = a_template(cast.ana, connection), people(cast.ana, 1, tags=["vip"])[0]
    ready = {"connection_id": connection.id, "template_id": template.id, "audience": {"all": True}}
    ready |= {"variables": {"1": {"fallback": "você"}}}
    with work_as(cast.ana) as work:
        made = [campaigns.create(work, name=f"Campanha {n}", **ready) for n in range(4)]
        talk = Conversation(connection_id=connection.id, contact_id=person.id, last_message_at=now(), unread_count=2)
        talk.window_expires_at = now() + timedelta(hours=1)
        work.add(talk)
        work.session.flush()
        failed = work.add(
            Message(conversation_id=talk.id, direction=Direction.OUTBOUND, text=WORDS, state=SendState.FAILED)
        )
        for campaign_id in made[2:]:
            campaigns.launch(work, campaign_id)
        campaigns.pause(work, made[3])
        list_id, key = contacts.create_list(work, "Lista"), keys.create_api_key(work, "chave", ["admin"]).id
        values = {"connection_id": connection.id, "digest": b"1", "body": b"{}", "month": now().date().replace(day=1)}
        body = work.add(Intake(state=IntakeState.PARKED, error="broken", **values))  # pyright: ignore[reportArgumentType]
        bruno, role, team = cast.bruno.person_id, roles.create(work, "R1", ["contacts:read"]), teams.create(work, "T1")
        own = (bruno, role, team, invites.create(work, Role.AGENT).id)
        work.rung.clear()
    ids = (connection.id, free.id, person.id, list_id, *made, talk.id, failed.id, key, body.id, *own)
    return Stage(*ids)  # pyright: ignore[reportArgumentType, reportCallIssue]


Deed = Callable[[Work, Stage], Any]
# what each door does here, and one thing that the entry must tell: column, before, after (… for whatever it is)
DEEDS: dict[str, tuple[Deed, str, Any, Any]] = {
    "members.add_member": (
        lambda w, s: members.add_member(w, "Rita", mail(w), PASSWORD, Role.AGENT),
        "role",
        None,
        "agent",
    ),
    "members.change": (
        lambda w, s: members.change(w, s.person, role=Role.VIEWER),
        "role",
        "agent",
        "viewer",
    ),
    "members.remove": (lambda w, s: members.remove(w, s.person), "role", "agent", None),
    "roles.create": (lambda w, s: roles.create(w, "Nova", ["contacts:read"]), "name", None, "Nova"),
    "roles.update": (lambda w, s: roles.update(w, s.role, name="Outra"), "name", "R1", "Outra"),
    "roles.delete": (lambda w, s: roles.delete(w, s.role), "name", "R1", None),
    "teams.create": (lambda w, s: teams.create(w, "Nova"), "name", None, "Nova"),
    "teams.rename": (lambda w, s: teams.rename(w, s.team, "Outra"), "name", "T1", "Outra"),
    "teams.put": (lambda w, s: teams.put(w, s.team, [s.person]), "", None, None),
    "teams.delete": (lambda w, s: teams.delete(w, s.team), "name", "T1", None),
    "invites.create": (lambda w, s: invites.create(w, Role.AGENT, email=mail(w)), "email", None, ...),
    "invites.renew": (lambda w, s: invites.renew(w, s.invite), "expires_at", None, ...),
    "invites.revoke": (lambda w, s: invites.revoke(w, s.invite), "revoked_at", None, ...),
    "companies.update": (lambda w, s: companies.update(w, name="Outra"), "name", "Aurora", "Outra"),
    "inbox.assign": (lambda w, s: inbox.assign(w, s.conversation, s.person), "assignee_id", None, ...),
    "keys.create_api_key": (lambda w, s: keys.create_api_key(w, "nova", ["admin"]), "scopes", None, ["admin"]),
    "keys.update_api_key": (lambda w, s: keys.update_api_key(w, s.key, name="outra"), "name", "chave", "outra"),
    "keys.revoke_api_key": (lambda w, s: keys.revoke_api_key(w, s.key), "revoked_at", None, ...),
    "campaigns.create": (
        lambda w, s: campaigns.create(w, name="Nova", connection_id=s.connection),
        "name",
        None,
        "Nova",
    ),
    "campaigns.update": (lambda w, s: campaigns.update(w, s.draft, name="Outra"), "name", "Campanha 0", "Outra"),
    "campaigns.delete": (lambda w, s: campaigns.delete(w, s.draft), "name", "Campanha 0", None),
    "campaigns.launch": (lambda w, s: campaigns.launch(w, s.ready), "state", "draft", "running"),
    "campaigns.pause": (lambda w, s: campaigns.pause(w, s.running), "state", "running", "paused"),
    "campaigns.resume": (lambda w, s: campaigns.resume(w, s.paused), "state", "paused", "running"),
    "campaigns.cancel": (lambda w, s: campaigns.cancel(w, s.running), "state", "running", "cancelled"),
    "connections.create": (
        lambda w, s: connections.create(w, "Nova", "whatsapp_cloud", settings(), INFO),
        "app_secret",
        None,
        "•••• ro-1",
    ),
    "connections.update": (
        lambda w, s: connections.update(w, s.connection, settings=NEW_SECRETS),
        "app_secret",
        "•••• do-1",
        "•••• ro-1",
    ),
    "connections.record_check": (
        lambda w, s: connections.record_check(w, s.connection, None, "token_wrong"),
        "status",
        "connected",
        "disconnected",
    ),
    "connections.delete": (lambda w, s: connections.delete(w, s.free_connection), "access_token", "•••• do-0", None),
    "contacts.create": (lambda w, s: contacts.create(w, "11987654321", name="Rita"), "phone", None, "+5511987654321"),
    "contacts.update": (
        lambda w, s: contacts.update(w, s.contact, name="Rita", add_tags=["a"]),
        "tags",
        ["vip"],
        ["a", "vip"],
    ),
    "contacts.delete": (lambda w, s: contacts.delete(w, s.contact), "name", HIDDEN, None),
    "contacts.create_list": (lambda w, s: contacts.create_list(w, "Nova"), "name", None, "Nova"),
    "contacts.rename_list": (lambda w, s: contacts.rename_list(w, s.list, "Outra"), "name", "Lista", "Outra"),
    "contacts.delete_list": (lambda w, s: contacts.delete_list(w, s.list), "name", "Lista", None),
    "contacts.add_to_list": (lambda w, s: contacts.add_to_list(w, s.list, [s.contact]), "", None, None),
    "contacts.remove_from_list": (lambda w, s: contacts.remove_from_list(w, s.list, [s.contact]), "", None, None),
    "imports.start": (
        lambda w, s: imports.start(w, "a.csv", f"{w.company_id.hex}-a", {}, {}),
        "file_name",
        None,
        "a.csv",
    ),
    "inbound_events.reprocess": (
        lambda w, s: inbound_events.reprocess(w, s.body),
        "state",
        "parked",
        "waiting",
    ),
    "inbox.mark_read": (lambda w, s: inbox.mark_read(w, s.conversation), "unread_count", 2, 0),
    "inbox.reply": (lambda w, s: inbox.reply(w, s.conversation, WORDS), "state", None, "queued"),
    "inbox.retry": (lambda w, s: inbox.retry(w, s.failed), "state", "failed", "queued"),
    "templates.mirror": (lambda w, s: templates.mirror(w, s.connection, []), "", None, None),
    "bulk.bring": (lambda w, s: bulk.bring(w, [bulk.Person("11987654321")], {}), "created", None, 1),
}


def settings() -> dict[str, str]:
    return {"phone_number_id": digits(), "waba_id": digits(), **NEW_SECRETS}


def mail(work: Work) -> str:
    return f"rita-{work.company_id.hex[-12:]}@exemplo.com"


def caller(cast: Cast, mark: str = "the-request") -> Actor:
    return replace(cast.ana, request_id=mark, ip="203.0.113.7")


def entries(cast: Cast, mark: str = "the-request") -> list[Activity]:
    with work_as(cast.ana) as work:
        return list(work.session.exec(select(Activity).where(Activity.request_id == mark).order_by(col(Activity.id))))


def test_every_door_that_changes_something_is_here() -> None:
    assert {door.name for door in ALL} - {"campaigns.preflight"} | {"bulk.bring"} == set(DEEDS)


@pytest.mark.parametrize("name", DEEDS)
def test_an_action_tells_who_what_before_and_after(cast: Cast, stage: Stage, name: str) -> None:
    do, column, before, after = DEEDS[name]
    with work_as(caller(cast)) as work:
        do(work, stage)
        work.session.flush()
        assert work.watch is not None
        assert work.watch.unmentioned == set()
    (entry,) = entries(cast)
    assert (entry.actor_kind, entry.actor_id, entry.actor_name) == ("person", cast.ana.person_id, "Ana")
    assert entry.ip == "203.0.113.7"
    if column:
        assert entry.before.get(column) == before
        assert entry.after.get(column) == after or (after is ... and entry.after[column])
    else:  # many rows in one statement: the details say which
        assert entry.details


@pytest.mark.parametrize("name", DEEDS)
def test_no_secret_and_no_word_of_a_conversation_is_told(cast: Cast, stage: Stage, name: str) -> None:
    with work_as(caller(cast)) as work:
        made = DEEDS[name][0](work, stage)
    told = json.dumps([entry.model_dump(mode="json") for entry in entries(cast)])
    kept = [
        *SECRETS.values(),
        *NEW_SECRETS.values(),
        PASSWORD,
        WORDS,
        getattr(made, "key", WORDS),
        getattr(made, "link", WORDS),
    ]
    assert [secret for secret in kept if secret in told] == []
    assert "hash" not in told


def test_only_what_changed_is_told(cast: Cast, stage: Stage) -> None:
    with work_as(caller(cast)) as work:
        contacts.update(work, stage.contact, name="Pessoa 0", language="pt_BR")
    (entry,) = entries(cast)
    assert (entry.before, entry.after) == ({"language": None}, {"language": "pt_BR"})


def test_a_change_is_told_as_a_whole_over_several_flushes(cast: Cast, stage: Stage) -> None:
    with work_as(caller(cast)) as work:
        person = work.get(Contact, stage.contact)
        for language in ("en", "es"):
            person.language = language
            work.session.flush()
        person.name = "Rita"
        contacts.update(work, stage.contact, timezone="America/Recife")
    (entry,) = entries(cast)
    assert entry.before == {"name": "Pessoa 0", "language": None, "timezone": None}
    assert entry.after == {"name": "Rita", "language": "es", "timezone": "America/Recife"}


def test_two_deeds_on_one_row_tell_each_its_own(cast: Cast) -> None:
    with work_as(caller(cast)) as work:
        list_id = contacts.create_list(work, "Uma")
        contacts.rename_list(work, list_id, "Outra")
    assert [(e.before.get("name"), e.after["name"]) for e in entries(cast)] == [(None, "Uma"), ("Uma", "Outra")]


def test_what_was_undone_leaves_nothing(cast: Cast, stage: Stage) -> None:
    with pytest.raises(Conflict), work_as(caller(cast)) as work:
        rename_and_fail(work, stage)
    assert entries(cast) == []


def rename_and_fail(work: Work, stage: Stage) -> None:
    contacts.update(work, stage.contact, name="Rita")
    work.session.flush()
    campaigns.launch(work, stage.running)


def test_a_long_value_is_cut(cast: Cast, stage: Stage) -> None:
    with work_as(caller(cast)) as work:
        contacts.update(work, stage.contact, attributes={"a": "x" * LONGEST})
    (entry,) = entries(cast)
    assert len(entry.after["attributes"]) == LONGEST + 1


def test_who_is_forgotten_is_forgotten_here_too(cast: Cast, stage: Stage) -> None:
    with work_as(caller(cast, "earlier")) as work:
        contacts.update(work, stage.contact, name="Rita Lee", email="rita@exemplo.com")
    other = people(cast.clara, 1)[0]
    with work_as(cast.clara) as work:
        work.execute("select app.forget_changes(:id)", {"id": stage.contact})  # another company's: nothing happens
        contacts.update(work, other.id, name="Rita Lee")
    assert entries(cast, "earlier")[0].after["name"] == "Rita Lee"
    with work_as(caller(cast)) as work:
        contacts.delete(work, stage.contact)
    (earlier,), (last,) = entries(cast, "earlier"), entries(cast)
    assert earlier.after == {"name": HIDDEN, "email": HIDDEN}
    assert earlier.happened == Happened.CONTACT_UPDATED
    assert {last.before[name] for name in ("phone", "name", "tags")} == {HIDDEN}
    assert last.after == {}
