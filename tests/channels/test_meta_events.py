"""What Meta sends becomes plain events: every inbound type, statuses, and what we do not know."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from masteria.channels import meta_events, meta_inbound
from masteria.channels.base import Inbound, Moved, Preference, Receipt
from masteria.channels.meta_events import QualityChanged, TemplateChanged, Unknown

PAYLOADS = Path(__file__).parent / "payloads"
RECEIVED = datetime(2025, 11, 24, 12, tzinfo=UTC)
WRITTEN = datetime.fromtimestamp(1763979600, UTC)
NUMBER = "200000000000001"
OURS = "wamid.OURS01=="


def events(name: str) -> list[Any]:
    body = meta_inbound.decode((PAYLOADS / f"{name}.json").read_bytes())
    assert body is not None
    return [arrived.event for arrived in meta_events.parse(body, RECEIVED)]


# file, kind, the line a person reads, something of what is kept beside it
INBOUND = [
    ("text", "text", "Oi, tudo bem? 😀", {"context": {"from": "5511900000100", "id": OURS}}),
    ("image", "image", "A nota fiscal", {"id": "900000000000001", "mime_type": "image/jpeg"}),
    ("video", "video", "", {"id": "900000000000002"}),
    ("audio", "audio", "", {"voice": True}),
    ("document", "document", "contrato.pdf", {"filename": "contrato.pdf"}),
    ("sticker", "sticker", "", {"animated": False}),
    ("location", "location", "Loja da Paulista", {"latitude": "-23.56"}),
    ("location_bare", "location", "-23.56, -46.65", {"longitude": -46.65}),
    ("contacts", "contacts", "Caio Teste", {}),
    ("button", "button", "Quero saber mais", {"payload": "QUERO"}),
    ("button_reply", "interactive", "Sim", {"type": "button_reply"}),
    ("list_reply", "interactive", "Plano B", {"type": "list_reply"}),
    ("flow_reply", "interactive", "Sent", {"type": "nfm_reply"}),
    ("call_permission", "interactive", "accept", {"type": "call_permission_reply"}),
    ("order", "order", "Entrega amanhã?", {"catalog_id": "400000000000001"}),
    ("reaction", "reaction", "👍", {"target": OURS}),
    ("reaction_removed", "reaction", "", {"target": OURS}),
    ("number_changed", "system", "User Bia changed from 5511900000001 to 5511900000009", {"wa_id": "5511900000009"}),
    ("user_id_changed", "system", "User changed id", {"previous_user_id": "BR.7Kq2mX0000000001"}),
    ("edit", "edit", "Oi, tudo certo?", {"target": "wamid.TEXT01==", "type": "text"}),
    ("revoke", "revoke", "", {"target": "wamid.TEXT01=="}),
    ("unsupported", "unsupported", "", {"unsupported": {"type": "poll"}}),
    ("request_welcome", "request_welcome", "", {}),
    ("future_type", "hologram", "", {"hologram": {"id": "h1"}}),
    ("missing_part", "text", "", {"incomplete": True}),
]


@pytest.mark.parametrize(("name", "kind", "text", "kept"), INBOUND, ids=[row[0] for row in INBOUND])
def test_every_inbound_type_is_read(name: str, kind: str, text: str, kept: dict[str, Any]) -> None:
    found = events(name)[0]
    assert isinstance(found, Inbound)
    assert (found.kind, found.text) == (kind, text)
    assert kept.items() <= found.payload.items()
    assert (found.sender, found.user_id, found.at) == ("5511900000001", "BR.7Kq2mX0000000001", WRITTEN)
    assert found.opens_window == (kind not in ("system", "reaction", "edit", "revoke"))


def test_an_address_that_expires_is_not_kept() -> None:
    assert "url" not in events("image")[0].payload


def test_an_ad_is_kept_with_the_message_it_brought() -> None:
    assert events("from_an_ad")[0].payload["referral"]["ctwa_clid"] == "clid1"


def test_who_hides_the_number_is_known_by_the_user_id() -> None:
    found = events("hidden_number")[0]
    assert (found.sender, found.user_id, found.name) == (None, "BR.7Kq2mX0000000001", "Bia")


def test_a_new_number_and_a_new_id_are_told_apart() -> None:
    number, user_id, update = events("number_changed")[1], events("user_id_changed")[1], events("user_id_update")[0]
    assert isinstance(number, Moved)
    assert (number.sender, number.new_sender, number.new_user_id) == ("5511900000001", "5511900000009", None)
    assert isinstance(user_id, Moved)
    assert (user_id.user_id, user_id.new_user_id) == ("BR.7Kq2mX0000000001", "BR.NEW0000000000001")
    assert (update.user_id, update.new_user_id) == (user_id.user_id, user_id.new_user_id)


def test_every_entry_change_and_item_is_read() -> None:
    body = meta_inbound.decode((PAYLOADS / "batch.json").read_bytes())
    assert body is not None
    found = meta_events.parse(body, RECEIVED)
    texts = [(a.number, a.event.text) for a in found if isinstance(a.event, Inbound)]
    assert texts == [(NUMBER, "um"), (NUMBER, "dois"), (NUMBER, "quatro"), ("200000000000002", "três")]
    assert [a.number for a in found if isinstance(a.event, Receipt)] == ["200000000000002"]
    assert [a.event for a in found if isinstance(a.event, Unknown)] == [Unknown("field", ""), Unknown("field", "calls")]


def test_statuses_keep_their_time_their_echo_and_their_reason() -> None:
    found = events("statuses")
    receipts = [e for e in found if isinstance(e, Receipt)]
    assert [r.status for r in receipts] == ["sent", "delivered", "read", "played", "failed", "failed", "sent"]
    assert receipts[0].opaque == "r:0192f000-0000-7000-8000-000000000001"
    assert receipts[2].at == datetime.fromtimestamp(1763979620, UTC)
    assert [r.error_code for r in receipts[4:6]] == ["131026", None]
    assert receipts[6].at == RECEIVED
    unknown = [Unknown("status", "deleted"), Unknown("item", "status"), Unknown("status", "")]
    assert [e for e in found if isinstance(e, Unknown)] == unknown


def test_preferences_are_stop_and_resume_of_marketing_alone() -> None:
    found = events("preferences")
    assert [e.value for e in found] == ["stop", "resume", "preference"]
    assert isinstance(found[0], Preference)
    assert found[2] == Unknown("item", "preference")


def test_templates_and_numbers_of_an_account() -> None:
    assert events("template_rejected") == [TemplateChanged("700000000000001", "rejected")]
    assert events("template_quality") == [Unknown("field", "message_template_status_update")]
    assert events("phone_flagged") == [QualityChanged("5511900000100", "RED")]


@pytest.mark.parametrize(
    "item",
    [
        {"id": "w" * 129, "from": "5511900000001", "type": "text", "text": {"body": "x"}},
        {"from": "5511900000001", "type": "text"},
        {"id": "w1", "type": "text", "text": {"body": "from nobody"}},
        {"id": "w1", "from": "x" * 500, "type": "text"},
        {"id": None, "from": "5511900000001"},
    ],
    ids=["endless id", "no id", "no sender", "no digits", "null id"],
)
def test_an_item_nobody_can_place_is_named_and_loses_no_neighbour(item: dict[str, Any]) -> None:
    good = {"id": "w2", "from": "5511900000001", "type": "text", "text": {"body": "ok"}}
    body = {"entry": [{"changes": [{"field": "messages", "value": {"messages": [item, good]}}]}]}
    found = [a.event for a in meta_events.parse(body, RECEIVED)]
    assert isinstance(found[0], Unknown)
    assert isinstance(found[1], Inbound)


@pytest.mark.parametrize("value", [None, "", "soon", -1, 10**30, "9" * 5000, 0, True, {}, float("1e300")])
def test_a_time_that_cannot_be_is_the_time_of_receipt(value: Any) -> None:
    body = {"entry": [{"changes": [{"field": "messages", "value": {"statuses": [status(value)]}}]}]}
    assert meta_events.parse(body, RECEIVED)[0].at == RECEIVED


def test_a_time_ahead_of_ours_is_now() -> None:
    body = {"entry": [{"changes": [{"field": "messages", "value": {"statuses": [status(4_000_000_000)]}}]}]}
    assert meta_events.parse(body, RECEIVED)[0].at == RECEIVED


def test_no_shape_of_a_part_breaks_the_reader() -> None:
    shapes: list[Any] = [None, [], {}, "", 7, True, [None], [[]], {"type": {}}, {"message": {"type": "edit"}}]
    kinds = ["text", "image", "location", "contacts", "interactive", "button", "order", "edit"]
    items = [{"id": f"w{n}", "from": "5511900000001", "type": k, k: s} for n, s in enumerate(shapes) for k in kinds]
    body = {"entry": [{"changes": [{"field": "messages", "value": {"messages": items, "contacts": shapes}}]}]}
    found = meta_events.parse(body, RECEIVED)
    assert all(isinstance(a.event, Inbound) for a in found)
    assert len(found) == len(items)


def status(at: Any) -> dict[str, Any]:
    return {"id": "w1", "status": "sent", "timestamp": at}
