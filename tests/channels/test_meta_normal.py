"""What Meta sends becomes normalised events, exactly: every kind, every quirk, and what we do not know."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masteria.channels import meta_normal
from masteria.channels.told import Told
from masteria.channels.values import load

HERE = Path(__file__).parent
PAYLOADS = sorted(path.stem for path in (HERE / "payloads").glob("*.json"))
NORMALISED: dict[str, list[dict[str, Any]]] = json.loads((HERE / "normalised.json").read_text())
RECEIVED = datetime(2025, 11, 24, 12, tzinfo=UTC)
NUMBER = "200000000000001"
KINDS = {
    *("message", "reaction", "message_edited", "message_revoked", "contact_changed", "status", "error", "link_click"),
    *("marketing_preference", "template_status", "template_quality", "template_category", "template_components"),
    *("phone_quality", "phone_name", "capability", "account_update", "account_alert", "account_review", "security"),
    *("account_settings", "call", "call_status", "call_permission", "echo", "history_message", "history_progress"),
    *("history_declined", "contact_sync", "group_event", "handover", "standby", "username_update", "unknown"),
}


def told(body: Any) -> list[Told]:
    return meta_normal.normalise(body, RECEIVED)


def of(field: str, value: Any, **entry: Any) -> list[Told]:
    return told({"entry": [{"id": "1", **entry, "changes": [{"field": field, "value": value}]}]})


def saved(name: str) -> list[Told]:
    return told(load((HERE / "payloads" / f"{name}.json").read_bytes()))


@pytest.mark.parametrize("name", PAYLOADS)
def test_every_payload_is_read_exactly(name: str) -> None:
    assert [event.shown() for event in saved(name)] == NORMALISED[name]


def test_every_kind_has_a_payload_and_every_payload_its_events() -> None:
    assert set(NORMALISED) == set(PAYLOADS)
    assert {event["kind"] for events in NORMALISED.values() for event in events} == KINDS


def test_each_event_knows_for_whom_and_when_it_is() -> None:
    found = [(event.number, event.account, event.at) for event in saved("batch")]
    assert found[0] == (NUMBER, "100000000000001", datetime.fromtimestamp(1763979600, UTC))
    assert [number for number, _, _ in found[:5]] == [NUMBER] * 3 + ["200000000000002"] * 2
    assert saved("account_partner")[0].account == "100000000000009"


@pytest.mark.parametrize(
    "item",
    [
        {"id": "w" * 129, "from": "5511900000001", "type": "text", "text": {"body": "x"}},
        {"from": "5511900000001", "type": "text"},
        {"id": None, "from": "5511900000001"},
        {"id": "w1", "type": "system", "system": {"type": "something_new"}},
        None,
        "text",
        7,
        [],
        ["x"],
    ],
    ids=["endless id", "no id", "null id", "new system", "null", "text", "number", "empty list", "list"],
)
def test_a_bad_item_is_unknown_and_loses_no_neighbour(item: Any) -> None:
    good = {"id": "w2", "from": "5511900000001", "type": "text", "text": {"body": "ok"}}
    first, second = of("messages", {"messages": [item, good]})
    assert (first.kind, first.fields["what"], first.fields["value"]) == ("unknown", "item", item)
    assert second.fields["text"] == "ok"


@pytest.mark.parametrize("absent", [None, [], {}, ""], ids=["null", "list", "object", "text"])
@pytest.mark.parametrize("name", ["contacts", "messages", "statuses", "errors", "user_actions"])
def test_any_list_may_be_missing_null_or_empty(name: str, absent: Any) -> None:
    assert of("messages", {name: absent}) == []


def test_texts_may_be_numbers_and_numbers_texts() -> None:
    item = {"id": 12, "from": 5511900000001, "timestamp": "1763979600", "type": "text", "text": {"body": 5}}
    found = of("messages", {"messages": [item], "metadata": {"phone_number_id": 200}})[0].fields
    assert [found[name] for name in ("wamid", "from", "timestamp", "text", "phone_number_id")] == [
        "12",
        "5511900000001",
        1763979600,
        "5",
        "200",
    ]


@pytest.mark.parametrize("value", [None, "", "soon", -1, 10**30, "9" * 5000, 0, True, {}, float("1e300")])
def test_a_time_that_cannot_be_is_the_time_of_receipt(value: Any) -> None:
    (found,) = of("messages", {"statuses": [{"id": "w1", "status": "sent", "timestamp": value}]})
    assert (found.fields["timestamp"], found.at) == (int(RECEIVED.timestamp()), RECEIVED)


def test_a_time_ahead_of_ours_is_shown_as_it_came_and_counts_as_now() -> None:
    (found,) = of("messages", {"statuses": [{"id": "w1", "status": "sent", "timestamp": 4_000_000_000}]})
    assert (found.fields["timestamp"], found.at) == (4_000_000_000, RECEIVED)


def test_the_name_is_found_by_id_never_by_position() -> None:
    people = [{"profile": {"name": "Caio"}, "wa_id": "5511900000002"}, {"profile": {"name": "Bia"}, "user_id": "BR.1"}]
    items = [
        {"id": "w1", "from": "5511900000001", "from_user_id": "BR.1", "type": "text", "text": {"body": "x"}},
        {"id": "w2", "from": "5511900000002", "type": "text", "text": {"body": "x"}},
        {"id": "w3", "from": "5511900000003", "type": "text", "text": {"body": "x"}},
    ]
    found = of("messages", {"contacts": people, "messages": items})
    assert [event.fields["profile_name"] for event in found] == ["Bia", "Caio", None]


def test_what_the_database_cannot_keep_is_cleaned() -> None:
    deep: Any = "x"
    for _ in range(200):
        deep = {"d": deep}
    item = {"id": "w1", "from": "1" * 11, "type": "text", "text": {"body": "a\x00b\ud83d"}, "referral": deep}
    (found,) = of("messages", {"messages": [item]})
    assert found.fields["text"] == "ab?"
    assert json.dumps(found.shown()).count('"d"') < 45
    assert of("x\x00\ud800", {})[0].fields == {"what": "field", "value": "x?"}


def test_a_list_may_stand_where_others_have_an_object() -> None:
    assert (
        of("user_id_update", [{"wa_id": "5511900000001", "user_id": {"current": "BR.2"}}])[0].kind == "contact_changed"
    )
    assert of("messages", None)[0].fields["what"] == "item"


KEYS = [
    *("id", "from", "type", "timestamp", "text", "body", "status", "errors", "code", "contacts", "wa_id", "messages"),
    *("statuses", "user_actions", "interactive", "context", "history", "threads", "metadata", "user_id", "system"),
    *("edit", "reaction", "calls", "groups", "message_echoes", "user_preferences", "state_sync", "alert_info", "event"),
]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=30,
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(meta_normal.FIELDS)), json_values)
def test_nothing_can_make_it_fail(field: str, value: Any) -> None:
    for event in of(field, value):
        assert event.kind in KINDS
        json.dumps(event.shown(), allow_nan=False).encode()
