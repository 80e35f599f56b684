"""Conversations, messages, people and keys over REST."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from masteria.core.work import work_as
from masteria.enums import Direction, SendState
from masteria.kit.clock import now
from masteria.kit.ids import new_id
from masteria.models import Conversation, Message
from tests.api.api import a_key, client, fields, problem
from tests.cast import Cast, a_connection, contacts


def a_conversation(cast: Cast, *, hours: int = 1) -> Conversation:
    """Somebody wrote; the window closes in `hours`."""
    connection, person = a_connection(cast.ana), contacts(cast.ana, 1)[0]
    with work_as(cast.ana) as work:
        made = work.add(
            Conversation(
                id=new_id(),
                connection_id=connection.id,
                contact_id=person.id,
                last_message_at=now(),
                last_message_text="Oi, tudo bem?",
                unread_count=1,
                window_expires_at=now() + timedelta(hours=hours),
            )
        )
        work.session.flush()
        work.add(
            Message(
                conversation_id=made.id, direction=Direction.INBOUND, text="Oi, tudo bem?", external_id=str(new_id())
            )
        )
        return made


async def test_a_conversation_is_read_and_answered(cast: Cast) -> None:
    talk = a_conversation(cast)
    async with client(a_key(cast.ana)) as api:
        row = (await api.get("/conversations?unread=true")).json()["data"][0]
        assert (row["id"], row["unread_count"], row["contact"]["name"]) == (str(talk.id), 1, "Pessoa 0")
        assert row["last_message"]["text"] == "Oi, tudo bem?"
        sent = await api.post(f"/conversations/{talk.id}/messages", json={"text": "Tudo!", "client_id": "1"})
        assert (sent.status_code, sent.json()["state"]) == (202, "queued")
        again = await api.post(f"/conversations/{talk.id}/messages", json={"text": "Tudo!", "client_id": "1"})
        assert again.json() == sent.json()
        thread = (await api.get(f"/conversations/{talk.id}/messages")).json()["data"]
        assert [(m["direction"], m["text"]) for m in thread] == [("outbound", "Tudo!"), ("inbound", "Oi, tudo bem?")]
        assert thread[1]["provider_id"] is not None
        message = (await api.get(f"/messages/{sent.json()['id']}")).json()
        assert (message["state"], message["timeline"], message["error"]) == ("queued", [], None)
        assert (await api.post(f"/conversations/{talk.id}/read")).status_code == 204
        assert (await api.get("/conversations?unread=true")).json()["data"] == []
        assert (await api.get("/conversations?q=pessoa")).json()["data"][0]["id"] == str(talk.id)


async def test_answers_that_cannot_go_are_refused(cast: Cast) -> None:
    late = a_conversation(cast, hours=-1)
    async with client(a_key(cast.ana)) as api:
        address = f"/conversations/{late.id}/messages"
        assert problem(await api.post(address, json={"text": "Oi"}), 409)["type"].endswith("window_closed")
        assert fields(await api.post(address, json={"text": ""})) == ["text"]
        assert fields(await api.post(address, json={"text": "   "})) == ["text"]
        assert fields(await api.post(address, json={"text": "x" * 4097})) == ["text"]
        assert fields(await api.post(address, json={"type": "image", "text": "x"})) == ["type"]


async def test_an_answer_that_failed_is_tried_again_by_a_person(cast: Cast) -> None:
    talk = a_conversation(cast)
    async with client(a_key(cast.ana)) as api:
        sent = (await api.post(f"/conversations/{talk.id}/messages", json={"text": "Oi"})).json()
        address = f"/messages/{sent['id']}/retry"
        assert problem(await api.post(address), 409)["type"].endswith(":state")
        with work_as(cast.ana) as work:
            message = work.get(Message, sent["id"])
            message.state, message.due_at = SendState.FAILED, None
        again = await api.post(address)
        assert (again.status_code, again.json()) == (202, {"id": sent["id"], "state": "queued"})
        problem(await api.post(address), 409)


async def test_a_key_that_may_only_send_can_send(cast: Cast) -> None:
    talk = a_conversation(cast)
    async with client(a_key(cast.ana, "messages:send")) as api:
        sent = await api.post(f"/conversations/{talk.id}/messages", json={"text": "Oi"})
        assert sent.status_code == 202
        problem(await api.get(f"/messages/{sent.json()['id']}"), 403)


async def test_people_and_keys(cast: Cast) -> None:
    async with client(a_key(cast.ana)) as api:
        assert [m["name"] for m in (await api.get("/members")).json()["data"]] == ["Ana", "Bruno", "Vera"]
        made = (await api.post("/api-keys", json={"name": "loja", "scopes": ["contacts:read"], "days": 30})).json()
        keys = (await api.get("/api-keys")).json()
        assert made["key"] not in str(keys)
        shown = next(k for k in keys["data"] if k["id"] == made["id"])
        assert (shown["hint"], shown["scopes"]) == (made["key"][-4:], ["contacts:read"])
        assert fields(await api.post("/api-keys", json={"name": "loja", "scopes": ["shoes:read"]})) == ["scopes"]
        assert fields(await api.post("/api-keys", json={"name": "loja", "scopes": []})) == ["scopes"]
    async with client(made["key"]) as program:
        me = (await program.get("/me")).json()
        assert (UUID(me["api_key"]["id"]), me["user"], me["scopes"]) == (UUID(made["id"]), None, ["contacts:read"])
        assert (await program.get("/contacts")).status_code == 200
