"""Inbound events over REST: the body as it came, its events, what each did, and reading one again."""

from __future__ import annotations

from typing import Any

from masteria.actions import intake
from masteria.core.access import Actor
from masteria.core.work import work_as
from masteria.flows import intake as drain
from masteria.models import Connection
from masteria.queries import intake as queries
from tests.api.api import a_key, client, fields
from tests.cast import Cast, a_connection
from tests.metahooks import encoded, envelope, message, person, status


def take_in(actor: Actor, connection: Connection, *bodies: Any, read: bool = True) -> None:
    with work_as(actor) as work:
        intake.take_in(work, connection.id, [b if isinstance(b, bytes) else encoded(b) for b in bodies])
        work.rung.clear()
    if read:
        drain.read()


async def test_they_are_filtered_and_paged(cast: Cast) -> None:
    connection = a_connection(cast.ana)
    take_in(
        cast.ana,
        connection,
        *[b'{"object": "whatsapp_business_account", "n": %d}' % n for n in range(3)],
        read=False,
    )
    async with client(a_key(cast.ana)) as api:
        page = (await api.get("/inbound-events", params={"connection_id": str(connection.id), "limit": 2})).json()
        rest = (await api.get("/inbound-events", params={"limit": 2, "cursor": page["next_cursor"]})).json()
        assert [e["body"]["n"] for e in page["data"] + rest["data"]] == [2, 1, 0]
        assert {e["state"] for e in page["data"]} == {"waiting"}
        assert (await api.get("/inbound-events?state=done")).json()["data"] == []
        assert (await api.get("/inbound-events?since=2099-01-01T00:00:00Z")).json()["data"] == []
        assert fields(await api.get("/inbound-events?state=odd")) == ["state"]


async def test_each_event_says_what_it_did(cast: Cast) -> None:
    connection = a_connection(cast.ana)
    body = envelope(connection, messages=[message("Oi")], contacts=[person()], statuses=[status("wamid.EARLY", "read")])
    take_in(cast.ana, connection, body)
    async with client(a_key(cast.ana)) as api:
        row = (await api.get("/inbound-events")).json()["data"][0]
        assert (row["body"], row["state"], row["event_count"]) == (body, "done", 2)
        assert [(e["kind"], e["did"]) for e in row["events"]] == [("message", "message_stored"), ("status", "waits")]
        assert (row["events"][0]["fields"]["text"], row["events"][0]["fields"]["profile_name"]) == ("Oi", "Bia")
        assert row["counts"] == {"message_stored": 1, "waits": 1}
        assert (await api.get(row["raw"].removeprefix("/api/v1"))).json() == row


async def test_of_many_statuses_the_counts_say_what_they_did(cast: Cast) -> None:
    connection = a_connection(cast.ana)
    take_in(cast.ana, connection, envelope(connection, statuses=[status(f"wamid.E{n}", "read") for n in range(150)]))
    async with client(a_key(cast.ana)) as api:
        row = (await api.get("/inbound-events")).json()["data"][0]
        assert (len(row["events"]), row["event_count"], row["counts"]) == (100, 150, {"waits": 150})
        assert {e["did"] for e in row["events"]} == {"waits"}
        assert len((await api.get(f"/inbound-events/{row['id']}")).json()["events"]) == 150


async def test_large_bodies_are_there_by_reference(cast: Cast, monkeypatch: Any) -> None:
    connection = a_connection(cast.ana)
    take_in(cast.ana, connection, *[envelope(connection, messages=[message("x" * 3000)]) for _ in range(3)])
    monkeypatch.setattr(queries, "MOST_BYTES", 7000)
    async with client(a_key(cast.ana)) as api:
        rows = (await api.get("/inbound-events")).json()["data"]
        assert [(row["body"] is None, len(row["events"])) for row in rows] == [(False, 1), (False, 1), (True, 0)]
        whole = (await api.get(f"/inbound-events/{rows[2]['id']}")).json()
        assert (whole["event_count"], whole["counts"]) == (1, {"message_stored": 1})


async def test_a_parked_one_is_read_again(cast: Cast) -> None:
    connection, elsewhere = a_connection(cast.ana), a_connection(cast.clara)
    take_in(cast.ana, connection, envelope(elsewhere, messages=[message("Oi")]))
    async with client(a_key(cast.ana)) as api:
        row = (await api.get("/inbound-events?state=parked")).json()["data"][0]
        assert row["error"] == f"unknown number {elsewhere.external_id}"
        assert row["events"][0]["did"] == "number_unknown"
        again = await api.post(f"/inbound-events/{row['id']}/reprocess")
        assert (again.status_code, again.json()["state"], again.json()["error"]) == (202, "waiting", None)
        with work_as(cast.ana) as work:
            work.get(Connection, connection.id).external_id = elsewhere.external_id + "0"
        drain.read()
        assert (await api.get(f"/inbound-events/{row['id']}")).json()["state"] == "parked"
