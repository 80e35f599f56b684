"""What the normalised events ask of us: messages with what is kept beside them, moves, receipts, wishes, decisions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from masteria.channels.base import AccountTold, Clicked, Inbound, Moved, Preference, Receipt, TemplateTold
from masteria.channels.meta_events import events_of
from tests.channels.test_meta_normal import PAYLOADS, of, saved

WRITTEN = datetime.fromtimestamp(1763979600, UTC)
OURS = "wamid.OURS01=="


def events(name: str) -> list[Any]:
    return [event for told in saved(name) for event in events_of(told)]


# what has no effect here yet: it is stored, shown and explained
KEPT = {
    "call",
    "call_status",
    "contact_sync",
    "error",
    "group_event",
    "handover",
    "history_declined",
    "history_message",
}
KEPT |= {"history_progress", "standby", "unknown", "username_update"}
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
    assert not found.is_echo


def test_an_address_that_expires_is_not_kept() -> None:
    assert "url" not in events("image")[0].payload


def test_an_ad_is_kept_with_the_message_it_brought() -> None:
    assert events("from_an_ad")[0].payload["referral"]["ctwa_clid"] == "clid1"


def test_who_hides_the_number_is_known_by_the_user_id() -> None:
    found = events("hidden_number")[0]
    assert (found.sender, found.user_id, found.name) == (None, "BR.7Kq2mX0000000001", "Bia")


def test_what_is_from_nobody_is_only_kept() -> None:
    (told,) = of("messages", {"messages": [{"id": "w1", "from": "x" * 500, "type": "text"}]})
    assert (told.kind, events_of(told)) == ("message", ())


def test_a_new_number_and_a_new_id_are_told_apart() -> None:
    number, user_id, update = events("number_changed")[1], events("user_id_changed")[1], events("user_id_update")[0]
    assert isinstance(number, Moved)
    assert (number.sender, number.new_sender, number.new_user_id) == ("5511900000001", "5511900000009", None)
    assert isinstance(user_id, Moved)
    assert (user_id.user_id, user_id.new_user_id) == ("BR.7Kq2mX0000000001", "BR.NEW0000000000001")
    assert (update.user_id, update.new_user_id) == (user_id.user_id, user_id.new_user_id)


def test_statuses_keep_their_time_their_echo_and_their_reason() -> None:
    receipts = events("statuses")
    assert [r.status for r in receipts] == ["sent", "delivered", "read", "played", "failed", "failed", "sent"]
    assert receipts[0].opaque == "r:0192f000-0000-7000-8000-000000000001"
    assert receipts[2].at == datetime.fromtimestamp(1763979620, UTC)
    assert [r.error_code for r in receipts[4:6]] == ["131026", None]


def test_a_refusal_is_a_wish_that_knows_its_message() -> None:
    receipt, wish = events("refused_marketing")
    assert isinstance(receipt, Receipt)
    assert isinstance(wish, Preference)
    assert wish.refused == receipt


def test_an_echo_is_for_whom_it_was_written_to() -> None:
    found = events("echo")
    assert [(e.sender, e.kind, e.is_echo, e.opens_window) for e in found] == [
        ("5511900000001", "text", True, False),
        ("5511900000001", "revoke", True, False),
    ]


@pytest.mark.parametrize(
    ("name", "change", "value"),
    [
        ("template_rejected", "status", "rejected"),
        ("template_paused", "status", "paused"),
        ("template_quality", "quality", "YELLOW"),
        ("template_category_soon", "category_soon", "MARKETING"),
        ("template_category_done", "category", "MARKETING"),
    ],
)
def test_a_decision_about_a_template(name: str, change: str, value: str) -> None:
    (found,) = events(name)
    assert isinstance(found, TemplateTold)
    assert (found.external_id, found.change, found.value) == ("700000000000001", change, value)


@pytest.mark.parametrize(
    ("name", "kind", "word"),
    [
        ("phone_flagged", "phone_quality", "FLAGGED"),
        ("phone_name", "phone_name", "REJECTED"),
        ("account_ban", "account_update", "DISABLED_UPDATE:SCHEDULE_FOR_DISABLE"),
        ("account_alert", "account_alert", "OBA_APPROVED:CRITICAL"),
        ("account_review", "account_review", "APPROVED"),
        ("security", "security", "PIN_CHANGED"),
        ("capability", "capability", ""),
    ],
)
def test_a_word_about_a_number_or_an_account(name: str, kind: str, word: str) -> None:
    (found,) = events(name)
    assert isinstance(found, AccountTold)
    assert (found.kind, found.word) == (kind, word)


def test_a_followed_link_names_the_person() -> None:
    assert [type(e) for e in events("link_click")] == [Clicked, Clicked]


def test_every_kind_asks_for_something_but_those_that_are_only_kept() -> None:
    asked: set[str] = set()
    silent: set[str] = set()
    for told in [told for name in PAYLOADS for told in saved(name)]:
        (asked if list(events_of(told)) else silent).add(str(told.kind))
    assert silent - asked == KEPT
