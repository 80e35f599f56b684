"""The customers' phones: what people see, type and tap, and what lives on by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from masteria.sandbox.outcomes import MAGIC
from masteria.sandbox.sample import SAMPLE_PHONE_NUMBER_ID
from tests.sandbox.conftest import ORDINARY, Graph, Receiver, start, until
from tests.sandbox.test_templates import text
from tests.sandbox.test_webhooks import campaign

KEY = f"{SAMPLE_PHONE_NUMBER_ID}-5511987650001"


def shown(graph: Graph, key: str = KEY, find: str = "") -> dict[str, Any]:
    """The first thing the stream says."""
    query = {"open": key, "find": find}
    with httpx.stream("GET", f"{graph.url}/phones/stream", params=query, timeout=10, trust_env=False) as stream:
        for line in stream.iter_lines():
            if line.startswith("data: "):
                return json.loads(line.removeprefix("data: "))
    raise AssertionError("the stream ended")


def bubbles(graph: Graph, key: str = KEY) -> list[dict[str, Any]]:
    opened = shown(graph, key)["open"]
    return opened[0]["messages"] if opened else []


def act(graph: Graph, what: str, **form: str) -> int:
    return httpx.post(f"{graph.url}/phones/{what}", data={"phone": KEY, **form}, trust_env=False).status_code


def test_a_campaign_arrives_filled(graph: Graph) -> None:
    wamid = campaign(graph)
    bubble = until(lambda: bubbles(graph))[0]
    assert bubble["id"] == wamid
    assert bubble["text"] == "Oi Bia, chegaram novidades na Aurora. Quer ver as fotos?"
    assert [b["text"] for b in bubble["buttons"]] == ["Quero ver", "Agora não"]
    assert bubble["footer"] == "Responda SAIR para não receber."


def test_what_is_not_delivered_does_not_arrive(graph: Graph) -> None:
    for digits in ("9991", "9999"):
        campaign(graph, f"+551191234{digits}")
    until(lambda: graph.ask("stats")["webhooks"]["due"] == 0)
    assert shown(graph)["phones"] == []


def test_a_typed_answer_reaches_the_panel(graph: Graph, receiver: Receiver) -> None:
    campaign(graph)
    until(lambda: bubbles(graph))
    assert act(graph, "say", text="Quero sim!") == 204
    message = until(lambda: receiver.items("messages"))[0]
    assert (message["type"], message["text"]["body"]) == ("text", "Quero sim!")
    assert bubbles(graph)[-1]["from"] == "customer"


def test_a_quick_reply_is_a_button_message(graph: Graph, receiver: Receiver) -> None:
    payload = {"type": "button", "sub_type": "quick_reply", "index": "0"}
    payload["parameters"] = [{"type": "payload", "payload": "WANTS"}]  # pyright: ignore[reportArgumentType]
    graph.template("novidades_da_semana", text("Bia"), text("Aurora"), components=[payload])
    bubble = until(lambda: bubbles(graph))[0]
    assert act(graph, "choose", message=bubble["id"], choice="WANTS") == 204
    message = until(lambda: receiver.items("messages"))[0]
    assert message["type"] == "button"
    assert message["button"] == {"payload": "WANTS", "text": "Quero ver"}
    assert message["context"] == {"from": "5511900000100", "id": bubble["id"]}


def test_a_row_of_a_list_is_a_list_reply(graph: Graph, receiver: Receiver) -> None:
    graph.tell("options", window_check=False)
    rows = [{"id": "h9", "title": "09:00", "description": "Sala 2"}]
    action = {"button": "Ver horários", "sections": [{"rows": rows}]}
    graph.send(type="interactive", interactive={"type": "list", "body": {"text": "Escolha"}, "action": action})
    bubble = until(lambda: bubbles(graph))[0]
    assert act(graph, "choose", message=bubble["id"], choice="h9") == 204
    reply = until(lambda: receiver.items("messages"))[0]["interactive"]
    assert reply == {"type": "list_reply", "list_reply": {"id": "h9", "title": "09:00", "description": "Sala 2"}}


@pytest.mark.parametrize("form", [{"text": " "}, {"text": "Oi", "phone": "1-2"}])
def test_what_cannot_be_said(graph: Graph, form: dict[str, str]) -> None:
    campaign(graph)
    until(lambda: bubbles(graph))
    assert act(graph, "say", **form) == 422
    assert act(graph, "choose", message="none", choice="none") == 422


def test_another_site_cannot_speak_for_a_customer(graph: Graph) -> None:
    answer = httpx.post(f"{graph.url}/phones/say", data={"phone": KEY}, headers={"origin": "http://evil.example"})
    assert answer.status_code == 403


def test_a_reaction_and_a_receipt_show(graph: Graph) -> None:
    wamid = graph.tell("inbound", phone_number_id=SAMPLE_PHONE_NUMBER_ID, **{"from": "5511987650001"}, text="Oi")["id"]
    path = f"/{SAMPLE_PHONE_NUMBER_ID}/messages"
    receipt = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
    graph.http.post(path, json={**receipt, "typing_indicator": {"type": "text"}})
    opened = shown(graph)["open"][0]
    assert (opened["typing"], opened["messages"][0]["read"]) == (True, True)


def test_people_are_found_by_number_and_name(graph: Graph) -> None:
    for digits, name in (("5511987650001", "Bia Lima"), ("5548987650002", "Caio Sá")):
        graph.tell("inbound", phone_number_id=SAMPLE_PHONE_NUMBER_ID, name=name, text="Oi", **{"from": digits})
    assert [p["name"] for p in shown(graph, find="bia")["phones"]] == ["Bia Lima"]
    assert [p["name"] for p in shown(graph, find="554898")["phones"]] == ["Caio Sá"]
    assert shown(graph, find="ninguém")["phones"] == []


def test_the_panel_names_the_people(graph: Graph) -> None:
    graph.tell("people", names={"+55 11 98765-0001": "Bia da Aurora", "+5531987654321": "Rui"})
    campaign(graph)
    campaign(graph, "+5531987654321")
    until(lambda: shown(graph)["total"] == 2)
    assert {phone["name"] for phone in shown(graph)["phones"]} == {"Bia da Aurora", "Rui"}


@pytest.mark.parametrize(("language", "word"), [("pt-BR", "Simulação"), ("en-GB", "Simulation"), ("es", "Simulación")])
def test_pages_speak_the_readers_language(graph: Graph, language: str, word: str) -> None:
    for path in ("/", "/phones"):
        page = httpx.get(f"{graph.url}{path}", headers={"accept-language": language}, trust_env=False)
        assert page.status_code == 200
        assert word in page.text
        assert "{{" not in page.text


def test_every_language_has_every_word() -> None:
    folder = Path(__file__).parents[2] / "masteria" / "sandbox" / "assets" / "words"
    words = {p.stem: json.loads(p.read_text("utf-8")) for p in folder.glob("*.json")}
    assert words.keys() == {"pt-BR", "en", "es"}
    assert words["pt-BR"].keys() == words["en"].keys() == words["es"].keys()
    assert {f"magic_{digits}" for digits in MAGIC} <= words["en"].keys()


def test_living_customers_answer(graph: Graph, receiver: Receiver) -> None:
    graph.tell("options", living=True, living_gap=0)
    for n in range(40):
        campaign(graph, f"+55119876800{n:02d}", f"m:{n}")
    message = until(lambda: receiver.items("messages"), 30)[0]
    assert message["from"].startswith("551198768")
    assert message["type"] in ("text", "button")


def test_conversations_and_templates_survive_a_restart(tmp_path: Path) -> None:
    options = ("--data", os.fspath(tmp_path / "sandbox.json"))
    child, url = start(*options)
    graph = Graph(url)
    graph.tell("options", **ORDINARY)
    body = [{"type": "BODY", "text": "Um modelo que fica."}]
    graph.tell("templates", waba_id="100000000000001", name="fica", language="pt_BR", components=body)
    campaign(graph)
    until(lambda: bubbles(graph))
    child.terminate()
    assert child.wait(10) == 0
    child, url = start(*options)
    graph = Graph(url)
    try:
        assert bubbles(graph)[0]["text"].startswith("Oi Bia")
        assert graph.template("fica").status_code == 200
    finally:
        child.terminate()
        child.wait(10)


def test_a_taken_port_is_said(graph: Graph) -> None:
    port = graph.url.rpartition(":")[2]
    second = subprocess.run([sys.executable, "-m", "masteria.sandbox", "--port", port], capture_output=True, timeout=30)
    assert second.returncode == 1
    assert f"Port {port} cannot be used" in second.stderr.decode()
