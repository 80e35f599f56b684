"""What SMS gateways send becomes the same normalised events as WhatsApp's, exactly, and nothing makes the reading fail."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masteria.channels import aws_normal, twilio_normal, zenvia_normal
from masteria.channels.told import Told
from masteria.run.explain import READERS
from tests.channels.test_meta_normal import NORMALISED as OF_META

HERE = Path(__file__).parent / "sms"
PAYLOADS = {f"{path.parent.name}/{path.stem}": path for path in HERE.glob("*/*")}
NORMALISED: dict[str, list[dict[str, Any]]] = json.loads((HERE / "normalised.json").read_text())
RECEIVED = datetime(2026, 11, 30, tzinfo=UTC)
FIELDS = {event["kind"]: list(event) for events in OF_META.values() for event in events}
STATUSES = {"queued", "sent", "delivered", "read", "failed", "expired", "rejected"}
SID = "SM00000000000000000000000000000001"


def saved(name: str) -> list[Told]:
    read, normalise = READERS[name.partition("/")[0]]
    body = read(PAYLOADS[name].read_bytes())
    assert body is not None
    return normalise(body, RECEIVED)


@pytest.mark.parametrize("name", sorted(PAYLOADS))
def test_every_payload_is_read_exactly(name: str) -> None:
    assert [event.shown() for event in saved(name)] == NORMALISED[name]


def test_every_payload_has_its_events_and_every_status_a_payload() -> None:
    assert set(NORMALISED) == set(PAYLOADS)
    assert {e["status"] for events in NORMALISED.values() for e in events if e["kind"] == "status"} == STATUSES


def test_the_shape_is_that_of_whatsapp() -> None:
    for event in (event for events in NORMALISED.values() for event in events):
        assert list(event) == FIELDS[event["kind"]]


def test_each_event_knows_for_whom_and_when_it_is() -> None:
    (status,), (written,) = saved("aws/delivered_by_sns"), saved("zenvia/message")
    assert (status.number, status.account) == ("+12025550100", "arn:aws:sns:sa-east-1:000000000000:sms")
    assert status.at == datetime(2026, 11, 21, 22, 26, 52, tzinfo=UTC)
    assert (written.number, written.at) == ("masteria-alias", datetime(2026, 11, 22, 12, 1, tzinfo=UTC))
    (by_service,) = saved("twilio/by_a_service")
    assert (by_service.number, by_service.account) == (
        "MG00000000000000000000000000000001",
        "AC00000000000000000000000000000001",
    )


@pytest.mark.parametrize("name", sorted(name for name in PAYLOADS if PAYLOADS[name].suffix == ".form"))
def test_a_form_and_its_json_are_the_same(name: str) -> None:
    fields = twilio_normal.fields_of(PAYLOADS[name].read_bytes())
    again = twilio_normal.fields_of(json.dumps(fields).encode())
    assert [event.shown() for event in twilio_normal.normalise(again or {}, RECEIVED)] == NORMALISED[name]


@pytest.mark.parametrize("raw", [b"", b"hello", b"[1]", b"[" * 100_000, b"{=", b"a=1&" * 501, b"null"])
def test_what_is_neither_a_form_nor_json_is_no_callback(raw: bytes) -> None:
    assert twilio_normal.fields_of(raw) is None


def test_a_form_may_repeat_a_name_and_break_its_letters() -> None:
    raw = f"MessageSid={SID}&Body=a%00b%FF&Body=c&From=%2B5511900000001&To=1".encode()
    (found,) = twilio_normal.normalise(twilio_normal.fields_of(raw) or {}, RECEIVED)
    assert (found.fields["text"], found.fields["from"]) == ("ab�", "5511900000001")


def test_an_id_that_is_none_makes_it_unknown() -> None:
    endless = urlencode({"MessageSid": "S" * 129, "MessageStatus": "sent", "To": "1", "From": "2"}).encode()
    (found,) = twilio_normal.normalise(twilio_normal.fields_of(endless) or {}, RECEIVED)
    assert (found.kind, found.fields["what"]) == ("unknown", "item")
    (found,) = aws_normal.normalise({"eventType": "TEXT_DELIVERED", "isFinal": True}, RECEIVED)
    assert found.fields["what"] == "item"


@pytest.mark.parametrize("value", [None, "", "soon", "2026-13-40T00:00:00Z", 7, {}, "9999-12-31T23:59:59-23:59"])
def test_a_time_that_cannot_be_is_the_time_of_receipt(value: Any) -> None:
    body = json.loads(PAYLOADS["zenvia/message"].read_text())
    (found,) = zenvia_normal.normalise({**body, "timestamp": value}, RECEIVED)
    assert found.at == RECEIVED


KEYS = [
    *("MessageSid", "MessageStatus", "Body", "NumMedia", "MediaUrl0", "OptOutType", "ErrorCode", "From", "To", "Type"),
    *("type", "message", "messageStatus", "contents", "visitor", "causes", "code", "id", "text", "direction", "name"),
    *("eventType", "isFinal", "messageId", "context", "mid", "inboundMessageId", "messageBody", "Message", "timestamp"),
]
words = (
    "MESSAGE",
    "MESSAGE_STATUS",
    "DELIVERED",
    "TEXT_BLOCKED",
    "Notification",
    "IN",
    "file",
    "received",
    "sent",
    "STOP",
)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(words)
json_values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=30,
)
bodies = st.dictionaries(st.sampled_from(KEYS), json_values, max_size=8)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["twilio", "zenvia", "aws"]), bodies)
def test_nothing_can_make_it_fail(provider: str, body: dict[str, Any]) -> None:
    for event in READERS[provider][1](body, RECEIVED):
        assert list(event.shown()) == FIELDS[event.kind]
        json.dumps(event.shown(), allow_nan=False).encode()
