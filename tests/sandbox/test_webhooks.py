"""What comes back: signed statuses and messages, again and again until they are taken."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest

from masteria.sandbox.sample import SAMPLE_PHONE_NUMBER_ID, SAMPLE_WABA_ID
from tests.sandbox.conftest import Graph, Receiver, until
from tests.sandbox.test_templates import text

BIA = "+5511987650001"


def campaign(graph: Graph, to: str = BIA, echo: str = "m:1") -> str:
    parameters = (text("Bia"), text("Aurora"))
    answer = graph.template("novidades_da_semana", *parameters, to=to, biz_opaque_callback_data=echo)
    return answer.json()["messages"][0]["id"]


def steps(receiver: Receiver) -> list[str]:
    return [status["status"] for status in receiver.items("statuses")]


def test_the_statuses_of_a_message(graph: Graph, receiver: Receiver) -> None:
    wamid = campaign(graph)
    until(lambda: len(steps(receiver)) == 3)
    assert sorted(steps(receiver)) == ["delivered", "read", "sent"]
    for status in receiver.items("statuses"):
        assert status["id"] == wamid
        assert status["recipient_id"] == "5511987650001"
        assert status["recipient_user_id"].startswith("BR.")
        assert status["biz_opaque_callback_data"] == "m:1"
    priced = [s["pricing"] for s in receiver.items("statuses") if "pricing" in s]
    assert priced == [{"billable": True, "pricing_model": "PMP", "type": "regular", "category": "marketing"}] * 2


def test_the_envelope_and_the_signature(graph: Graph, receiver: Receiver) -> None:
    campaign(graph)
    until(lambda: receiver.raw)
    assert receiver.signed(0)
    body = json.loads(receiver.raw[0])
    assert body["object"] == "whatsapp_business_account"
    assert body["entry"][0]["id"] == SAMPLE_WABA_ID
    metadata = body["entry"][0]["changes"][0]["value"]["metadata"]
    assert metadata == {"display_phone_number": "5511900000100", "phone_number_id": SAMPLE_PHONE_NUMBER_ID}


def test_other_letters_come_as_escapes(graph: Graph, receiver: Receiver) -> None:
    said = {"phone_number_id": SAMPLE_PHONE_NUMBER_ID, "from": "5511987650001", "name": "Bia", "text": "Olá/até já 😊"}
    wamid = graph.tell("inbound", **said)["id"]
    until(lambda: receiver.raw)
    assert b"Ol\\u00e1\\/at\\u00e9" in receiver.raw[0]
    assert b"\\ud83d\\ude0a" in receiver.raw[0]
    assert receiver.signed(0)
    value = receiver.changes()[0]["value"]
    assert value["contacts"][0]["profile"] == {"name": "Bia"}
    assert value["contacts"][0]["wa_id"] == value["messages"][0]["from"] == "5511987650001"
    assert (value["messages"][0]["id"], value["messages"][0]["text"]) == (wamid, {"body": "Olá/até já 😊"})


@pytest.mark.parametrize(
    ("digits", "wanted"),
    [("9991", 131026), ("9992", 131049), ("9993", 131050), ("9994", 130472), ("9984", 132015)],
)
def test_failures_come_later_and_without_contacts(graph: Graph, receiver: Receiver, digits: str, wanted: int) -> None:
    campaign(graph, f"+551191234{digits}")
    until(lambda: receiver.items("statuses"))
    value = receiver.changes()[0]["value"]
    assert "contacts" not in value
    status = value["statuses"][0]
    assert (status["status"], status["errors"][0]["code"]) == ("failed", wanted)
    assert "recipient_user_id" not in status


def test_free_form_needs_an_open_window(graph: Graph, receiver: Receiver) -> None:
    graph.send(BIA, text={"body": "Oi"})
    until(lambda: receiver.items("statuses"))
    assert receiver.items("statuses")[0]["errors"][0]["code"] == 131047
    graph.tell("inbound", phone_number_id=SAMPLE_PHONE_NUMBER_ID, **{"from": BIA}, text="Oi")
    graph.send(BIA, text={"body": "Oi de novo"})
    until(lambda: "delivered" in steps(receiver))
    assert steps(receiver).count("failed") == 1


def test_the_whole_batch_comes_again_until_200(graph: Graph, receiver: Receiver) -> None:
    receiver.answers = [500, 503, 404]
    graph.tell("inbound", phone_number_id=SAMPLE_PHONE_NUMBER_ID, **{"from": BIA}, text="Oi")
    until(lambda: len(receiver.raw) == 4)
    assert len(set(receiver.raw)) == 1
    assert all(receiver.signed(n) for n in range(4))
    until(lambda: graph.ask("stats")["webhooks"]["waiting"] == 0)


def test_a_receiver_that_is_away_gets_it_when_it_is_back(graph: Graph, receiver: Receiver) -> None:
    graph.number("http://127.0.0.1:9/gone")
    before = graph.ask("stats")["webhooks"]["unreachable"]
    campaign(graph)
    until(lambda: graph.ask("stats")["webhooks"]["unreachable"] > before)
    assert graph.ask("stats")["webhooks"]["waiting"] > 0


def test_statuses_can_be_held_and_let_go(graph: Graph, receiver: Receiver) -> None:
    graph.tell("options", hold_statuses=True)
    campaign(graph)
    until(lambda: graph.ask("stats")["webhooks"]["held"] == 3)
    assert receiver.raw == []
    graph.tell("options", hold_statuses=False)
    assert graph.tell("release") == {"released": 3}
    until(lambda: len(steps(receiver)) == 3)


def test_duplicates_and_disorder(graph: Graph, receiver: Receiver) -> None:
    graph.tell("options", duplicates=1.0, disorder=1.0, status_delay=[0.1, 0.4])
    for n in range(20):
        campaign(graph, f"+55119876600{n:02d}", f"m:{n}")
    until(lambda: len(steps(receiver)) == 120)
    seen: dict[str, list[str]] = {}
    for status in receiver.items("statuses"):
        seen.setdefault(status["biz_opaque_callback_data"], []).append(status["status"])
    assert all(sorted(found) == sorted(["sent", "delivered", "read"] * 2) for found in seen.values())
    order = ["sent", "delivered", "read"]
    assert any(order.index(a) > order.index(b) for f in seen.values() for a, b in pairwise(f))


def test_many_statuses_travel_in_few_batches(graph: Graph, receiver: Receiver) -> None:
    graph.tell("options", status_delay=[0.3, 0.3])
    for n in range(100):
        campaign(graph, f"+5511987670{n:03d}", f"m:{n}")
    until(lambda: len(steps(receiver)) == 300)
    assert len(receiver.raw) < 100


def test_who_hides_the_phone_is_known_by_user_id(graph: Graph, receiver: Receiver) -> None:
    campaign(graph, "+5511912349987")
    until(lambda: "sent" in steps(receiver))
    value = receiver.changes()[0]["value"]
    assert "recipient_id" not in value["statuses"][0]
    assert value["contacts"][0].keys() == {"user_id", "profile"}
    assert value["contacts"][0]["user_id"] == value["statuses"][0]["recipient_user_id"]


def test_who_answers_sair(graph: Graph, receiver: Receiver) -> None:
    campaign(graph, "+5511912349980")
    message: dict[str, Any] = until(lambda: receiver.items("messages"))[0]
    assert (message["from"], message["text"]) == ("5511912349980", {"body": "SAIR"})


def test_who_stopped_marketing_gets_no_more(graph: Graph, receiver: Receiver) -> None:
    graph.tell("preference", phone_number_id=SAMPLE_PHONE_NUMBER_ID, **{"from": BIA}, value="stop")
    told = until(receiver.changes)[0]
    assert told["field"] == "user_preferences"
    assert told["value"]["user_preferences"][0]["value"] == "stop"
    campaign(graph)
    assert until(lambda: receiver.items("statuses"))[0]["errors"][0]["code"] == 131050


def test_a_wrong_signature_by_option(graph: Graph, receiver: Receiver) -> None:
    graph.tell("options", wrong_signature=1.0)
    graph.tell("inbound", phone_number_id=SAMPLE_PHONE_NUMBER_ID, **{"from": BIA}, text="Oi")
    until(lambda: receiver.raw)
    assert not receiver.signed(0)


def test_no_subscription_no_webhook(graph: Graph, receiver: Receiver) -> None:
    path = f"/{SAMPLE_WABA_ID}/subscribed_apps"
    assert graph.http.request("DELETE", path).json() == {"success": True}
    assert graph.http.get(path).json() == {"data": []}
    campaign(graph)
    until(lambda: graph.ask("stats")["webhooks"]["due"] == 0)
    assert receiver.raw == []
    assert graph.http.post(path).json() == {"success": True}
    assert graph.http.get(path).json()["data"][0]["whatsapp_business_api_data"]["name"] == "Masteria"


def test_the_handshake(graph: Graph, receiver: Receiver) -> None:
    answer = graph.tell("handshake", phone_number_id=SAMPLE_PHONE_NUMBER_ID)
    assert answer == {"status": 200, "echoed": True}
    assert "hub.mode=subscribe" in receiver.asked[0]


def test_a_person_takes_so_much_marketing(graph: Graph, receiver: Receiver) -> None:
    graph.tell("options", marketing_cap=1)
    campaign(graph)
    second = campaign(graph)
    until(lambda: "failed" in steps(receiver))
    failed = [s for s in receiver.items("statuses") if s["status"] == "failed"]
    assert [(s["id"], s["errors"][0]["code"]) for s in failed] == [(second, 131049)]
