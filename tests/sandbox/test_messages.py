"""Sending: the answer's shape, and the code for each thing Meta would refuse."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from masteria.sandbox.sample import SAMPLE_PHONE_NUMBER_ID
from tests.sandbox.conftest import Graph


def code(answer: httpx.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["error"]["code"]


def test_a_text_is_accepted(graph: Graph) -> None:
    answer = graph.send("+5511987650001").json()
    message = answer["messages"][0]
    assert answer["messaging_product"] == "whatsapp"
    assert answer["contacts"][0].keys() == {"input", "wa_id", "user_id"}
    assert answer["contacts"][0]["input"] == "+5511987650001"
    assert answer["contacts"][0]["wa_id"] == "5511987650001"
    assert message["id"].startswith("wamid.")
    assert "message_status" not in message


@pytest.mark.parametrize(
    ("to", "wa_id"),
    [("+5531987654321", "553187654321"), ("+5511987654321", "5511987654321"), ("+12025550123", "12025550123")],
)
def test_whatsapp_knows_some_brazilian_numbers_without_the_ninth_digit(graph: Graph, to: str, wa_id: str) -> None:
    assert graph.send(to).json()["contacts"][0]["wa_id"] == wa_id


@pytest.mark.parametrize("version", ["v20.0", "v24.0", "v26.0"])
def test_any_version_of_the_twenties_works(graph: Graph, version: str) -> None:
    url = f"{graph.url}/{version}/{SAMPLE_PHONE_NUMBER_ID}/messages"
    body = {"messaging_product": "whatsapp", "to": "+5511987650001", "text": {"body": "Oi"}}
    assert graph.http.post(url, json=body).status_code == 200


def test_an_error_has_metas_shape(graph: Graph) -> None:
    error = graph.send(type="text", text={}).json()["error"]
    assert error.keys() == {"message", "type", "code", "error_data", "error_subcode", "fbtrace_id"}
    assert error["error_data"].keys() == {"messaging_product", "details"}
    assert error["message"].startswith("(#131008) ")


def test_a_wrong_token_is_190(graph: Graph) -> None:
    answer = graph.http.get(f"/{SAMPLE_PHONE_NUMBER_ID}", headers={"authorization": "Bearer nonsense"})
    assert code(answer) == (401, 190)


def test_an_expired_token_is_190_until_it_works_again(graph: Graph) -> None:
    token = graph.http.headers["authorization"].removeprefix("Bearer ")
    graph.tell("tokens", access_token=token, is_valid=False)
    expired = graph.send()
    graph.tell("tokens", access_token=token, is_valid=True)
    assert code(expired) == (401, 190)
    assert expired.json()["error"]["error_subcode"] == 463
    assert graph.send().status_code == 200


def test_an_unknown_number_is_100_33(graph: Graph) -> None:
    answer = graph.http.post("/999/messages", json={"messaging_product": "whatsapp"})
    assert code(answer) == (400, 100)
    assert answer.json()["error"]["error_subcode"] == 33


def test_an_unknown_path_has_graphs_shape(graph: Graph) -> None:
    assert code(graph.http.get("/me/nothing/here")) == (404, 100)


def buttons(*titles: str) -> dict[str, Any]:
    made = [{"type": "reply", "reply": {"id": str(n), "title": t}} for n, t in enumerate(titles)]
    return {"type": "button", "body": {"text": "Escolha"}, "action": {"buttons": made}}


def rows(count: int) -> dict[str, Any]:
    made = [{"id": str(n), "title": f"Linha {n}"} for n in range(count)]
    return {"type": "list", "body": {"text": "Escolha"}, "action": {"button": "Ver", "sections": [{"rows": made}]}}


BAD: list[tuple[int, dict[str, Any]]] = [
    (131008, {"type": "text"}),
    (131008, {"to": "", "text": {"body": "Oi"}}),
    (131009, {"to": "12", "text": {"body": "Oi"}}),
    (131021, {"to": "+5511900000100", "text": {"body": "Oi"}}),
    (131009, {"text": {"body": "x" * 4097}}),
    (131009, {"text": {"body": "Oi"}, "biz_opaque_callback_data": "x" * 513}),
    (131051, {"type": "fax", "fax": {}}),
    (131009, {"type": "image", "image": {"id": "1"}}),
    (131008, {"type": "image", "image": {}}),
    (131009, {"type": "image", "image": {"link": "http://127.0.0.1/x.png", "caption": "x" * 1025}}),
    (131009, {"type": "location", "location": {"latitude": "north", "longitude": 1}}),
    (131008, {"type": "contacts", "contacts": [{"name": {"formatted_name": "Bia"}}]}),
    (131008, {"type": "reaction", "reaction": {"emoji": "👍"}}),
    (131009, {"type": "interactive", "interactive": buttons("Um", "Dois", "Três", "Quatro")}),
    (131009, {"type": "interactive", "interactive": buttons("Um título longo demais")}),
    (131009, {"type": "interactive", "interactive": rows(11)}),
    (131009, {"type": "interactive", "interactive": {"type": "order_details", "action": {}}}),
    (131008, {"type": "interactive", "interactive": {**buttons("Um"), "body": {}}}),
]


@pytest.mark.parametrize(("wanted", "body"), BAD)
def test_what_meta_refuses(graph: Graph, wanted: int, body: dict[str, Any]) -> None:
    assert code(graph.send(body.get("to", "+5511987650001"), **{k: v for k, v in body.items() if k != "to"})) == (
        400,
        wanted,
    )
    assert graph.ask("stats")["accepted"] == 0


GOOD: list[dict[str, Any]] = [
    {"type": "image", "image": {"link": "http://127.0.0.1/x.png", "caption": "Foto"}},
    {"type": "location", "location": {"latitude": "-27.59", "longitude": -48.54, "name": "Loja"}},
    {"type": "contacts", "contacts": [{"name": {"formatted_name": "Bia Lima", "first_name": "Bia"}}]},
    {"type": "reaction", "reaction": {"message_id": "wamid.X", "emoji": "👍"}},
    {"type": "interactive", "interactive": buttons("Sim", "Não")},
    {"type": "interactive", "interactive": rows(10)},
]


@pytest.mark.parametrize("body", GOOD)
def test_what_meta_takes(graph: Graph, body: dict[str, Any]) -> None:
    assert graph.send(**body).status_code == 200
    assert graph.ask("stats")["accepted"] == 1


def test_a_body_that_is_no_json(graph: Graph) -> None:
    assert code(graph.http.post(f"/{SAMPLE_PHONE_NUMBER_ID}/messages", content=b"{")) == (400, 100)
    assert code(graph.http.post(f"/{SAMPLE_PHONE_NUMBER_ID}/messages", content=b"[]")) == (400, 100)


def test_writing_to_a_user_id(graph: Graph) -> None:
    user = graph.send("+5511987650001").json()["contacts"][0]["user_id"]
    answer = graph.send("", recipient=user, text={"body": "Oi"}).json()
    assert answer["contacts"] == [{"input": user, "user_id": user}]


def test_read_and_typing(graph: Graph) -> None:
    wamid = graph.tell("inbound", phone_number_id=SAMPLE_PHONE_NUMBER_ID, **{"from": "5511987650001"}, text="Oi")["id"]
    body = {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": wamid,
        "typing_indicator": {"type": "text"},
    }
    answer = graph.http.post(f"/{SAMPLE_PHONE_NUMBER_ID}/messages", json=body)
    assert answer.json() == {"success": True}
    assert graph.ask("stats")["accepted"] == 0


def test_a_blocked_person_cannot_be_written_to(graph: Graph) -> None:
    body = {"messaging_product": "whatsapp", "block_users": [{"user": "+5511987650001"}]}
    assert graph.http.post(f"/{SAMPLE_PHONE_NUMBER_ID}/block_users", json=body).status_code == 200
    assert code(graph.send()) == (400, 130403)
    graph.http.request("DELETE", f"/{SAMPLE_PHONE_NUMBER_ID}/block_users", json=body)
    assert graph.send().status_code == 200


def test_magic_numbers_refuse(graph: Graph) -> None:
    first, second = graph.send("+5511912349990"), graph.send("+5511912349990")
    assert (code(first), second.status_code) == ((400, 130429), 200)
    assert [graph.send("+5511912349998").status_code for _ in range(3)] == [400, 400, 200]
    assert code(graph.send("+5511912349997")) == (400, 131009)


def test_magic_numbers_leave_the_caller_in_doubt(graph: Graph) -> None:
    assert code(graph.send("+5511912349995", text={"body": "Oi"}, biz_opaque_callback_data="a")) == (500, 131000)
    with pytest.raises(httpx.TransportError):
        graph.send("+5511912349988", text={"body": "Oi"}, biz_opaque_callback_data="b")
    graph.http.timeout = httpx.Timeout(0.3)
    with pytest.raises(httpx.ReadTimeout):
        graph.send("+5511912349996", text={"body": "Oi"}, biz_opaque_callback_data="c")
    assert graph.ask("accepted")["data"] == {"a": 1, "b": 1, "c": 1}


@pytest.mark.parametrize(
    "body",
    [
        {"type": "text", "text": "Oi"},
        {"type": "interactive", "interactive": {"type": "button", "body": {"text": "Oi"}, "action": "x"}},
        {"type": "interactive", "interactive": {"type": "button", "body": "Oi", "action": {"buttons": [1]}}},
        {"type": "template", "template": {"name": "cafe_do_mes", "language": {"code": "pt_BR"}, "components": ["x"]}},
        {"type": "template", "template": {"name": "cafe_do_mes", "language": "pt_BR"}},
        {"type": "contacts", "contacts": ["Bia"]},
        {"text": {"body": "Oi"}, "context": "wamid.X"},
    ],
)
def test_a_wrong_kind_of_value_is_refused(graph: Graph, body: dict[str, Any]) -> None:
    assert graph.send(**body).status_code == 400


def test_a_test_number_writes_to_its_list_only(graph: Graph) -> None:
    graph.tell(
        "numbers",
        phone_number_id="777",
        waba_id="778",
        display_number="+55 11 4000-0000",
        access_token="testing",
        app_secret="s",
        verify_token="v",
        allowed=["+55 11 98765-0001"],
    )
    body = {"messaging_product": "whatsapp", "text": {"body": "Oi"}}
    headers = {"authorization": "Bearer testing"}
    allowed = graph.http.post("/777/messages", json={**body, "to": "+5511987650001"}, headers=headers)
    other = graph.http.post("/777/messages", json={**body, "to": "+5511987650002"}, headers=headers)
    assert (allowed.status_code, code(other)) == (200, (400, 131030))
    assert code(graph.http.post("/777/messages", json={**body, "to": "+5511987650001"})) == (400, 100)


def test_the_marketing_endpoint_takes_marketing_only(graph: Graph) -> None:
    def sent(name: str) -> httpx.Response:
        content: dict[str, Any] = {"name": name, "language": {"code": "pt_BR"}}
        if name == "cafe_do_mes":
            content["components"] = [{"type": "body", "parameters": [{"type": "text", "text": "Bia"}]}]
        body = {"messaging_product": "whatsapp", "to": "+5511987650001", "type": "template", "template": content}
        return graph.http.post(f"/{SAMPLE_PHONE_NUMBER_ID}/marketing_messages", json=body)

    assert sent("cafe_do_mes").status_code == 200
    assert code(sent("horario_de_natal")) == (400, 131055)
