"""Templates: parameters that fit, rules of their parts, paging, review and Meta's decisions."""

from __future__ import annotations

from typing import Any

import pytest

from masteria.sandbox.sample import SAMPLE_TEMPLATES, SAMPLE_WABA_ID
from tests.sandbox.conftest import Graph, Receiver, until
from tests.sandbox.test_messages import code

LIST = f"/{SAMPLE_WABA_ID}/message_templates"


def text(value: object, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": value, **more}


def named(cliente: str = "Bia", pedido: str = "A-17") -> list[dict[str, Any]]:
    return [text(cliente, parameter_name="cliente"), text(pedido, parameter_name="pedido")]


def test_a_positional_and_a_named_template_are_taken(graph: Graph) -> None:
    positional = graph.template("novidades_da_semana", text("Bia"), text("Aurora"))
    assert positional.json()["messages"][0]["message_status"] == "accepted"
    assert graph.template("pedido_pronto", *named()).status_code == 200
    assert graph.template("horario_de_natal").status_code == 200


@pytest.mark.parametrize(
    ("wanted", "name", "parameters"),
    [
        ((400, 132000), "novidades_da_semana", [text("Bia")]),
        ((400, 132000), "horario_de_natal", [text("Bia")]),
        ((400, 132000), "pedido_pronto", [*named()[:1], text("x", parameter_name="numero")]),
        ((400, 132012), "pedido_pronto", [text("Bia"), text("A-17")]),
        ((400, 132012), "novidades_da_semana", [text("Bia"), {"type": "image", "image": {"id": "1"}}]),
        ((400, 132012), "novidades_da_semana", [text("Bia"), text(None)]),
        ((400, 132018), "novidades_da_semana", [text("Bia"), text("duas\nlinhas")]),
        ((400, 132018), "novidades_da_semana", [text("Bia"), text("cinco     espaços")]),
        ((400, 132018), "novidades_da_semana", [text("Bia"), text("")]),
        ((400, 132005), "novidades_da_semana", [text("Bia"), text("x" * 1024)]),
        ((404, 132001), "nao_existe", []),
        ((404, 132001), "sorteio", []),
        ((400, 132015), "promocao_relampago", [text("Bia")]),
    ],
)
def test_parameters_that_do_not_fit(
    graph: Graph, wanted: tuple[int, int], name: str, parameters: list[dict[str, Any]]
) -> None:
    assert code(graph.template(name, *parameters)) == wanted
    assert graph.ask("stats")["accepted"] == 0


def test_headers_and_buttons_want_their_parameters(graph: Graph) -> None:
    body = (text("Bia"), text("sábado"))
    header = {"type": "header", "parameters": [{"type": "image", "image": {"link": "http://127.0.0.1/x.png"}}]}
    link = {"type": "button", "sub_type": "url", "index": "2", "parameters": [text("abc")]}
    wrong = {**link, "sub_type": "quick_reply"}
    assert graph.template("cardapio_da_estacao", *body, components=[header, link]).status_code == 200
    assert code(graph.template("cardapio_da_estacao", *body, components=[link])) == (400, 132012)
    assert code(graph.template("cardapio_da_estacao", *body, components=[header])) == (400, 131008)
    assert code(graph.template("cardapio_da_estacao", *body, components=[header, wrong])) == (400, 132012)
    assert code(graph.template("cafe_do_mes", text("Bia"), components=[{**link, "index": "0"}])) == (400, 132000)


def test_paging_shows_each_template_once(graph: Graph) -> None:
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2, "fields": "name,status"}
    while True:
        page = graph.http.get(LIST, params=query).json()
        assert all(row.keys() == {"id", "name", "status"} for row in page["data"])
        seen += [row["name"] for row in page["data"]]
        if "next" not in page["paging"]:
            break
        query["after"] = page["paging"]["cursors"]["after"]
    assert len(seen) == len(set(seen)) >= len(SAMPLE_TEMPLATES)
    assert {t["name"] for t in SAMPLE_TEMPLATES} <= set(seen)


def test_filters_and_unknown_fields(graph: Graph) -> None:
    rows = graph.http.get(LIST, params={"status": "REJECTED"}).json()["data"]
    assert [row["name"] for row in rows] == ["sorteio"]
    assert code(graph.http.get(LIST, params={"fields": "name,colour"})) == (400, 100)


def body_of(name: str, **more: Any) -> dict[str, Any]:
    parts = [{"type": "BODY", "text": "Oi {{1}}, temos novidades para você."}]
    return {"name": name, "language": "pt_BR", "category": "MARKETING", "components": parts, **more}


def test_a_new_template_waits_for_review_and_the_webhook_tells(graph: Graph, receiver: Receiver) -> None:
    made = graph.http.post(LIST, json=body_of("nova_aprovada")).json()
    assert made == {"id": made["id"], "status": "PENDING", "category": "MARKETING"}
    change = until(receiver.changes)[0]
    assert change["field"] == "message_template_status_update"
    assert (change["value"]["event"], change["value"]["message_template_id"]) == ("APPROVED", int(made["id"]))
    assert graph.http.get(f"/{made['id']}").json()["status"] == "APPROVED"
    assert graph.template("nova_aprovada", text("Bia")).status_code == 200
    assert graph.http.request("DELETE", LIST, params={"name": "nova_aprovada"}).json() == {"success": True}
    assert code(graph.template("nova_aprovada", text("Bia"))) == (404, 132001)


def test_a_template_is_rejected_and_mended(graph: Graph, receiver: Receiver) -> None:
    made = graph.http.post(LIST, json=body_of("nova_recusar")).json()["id"]
    assert until(receiver.changes)[0]["value"]["event"] == "REJECTED"
    parts = [{"type": "BODY", "text": "Um texto novo para {{1}} ler com calma."}]
    assert graph.http.post(f"/{made}", json={"components": parts}).json() == {"success": True}
    assert graph.http.get(f"/{made}").json()["status"] == "PENDING"
    graph.http.request("DELETE", LIST, params={"name": "nova_recusar"})


def test_meta_pauses_a_template(graph: Graph, receiver: Receiver) -> None:
    row = graph.http.get(LIST, params={"name": "horario_de_natal"}).json()["data"][0]
    graph.tell("decide", id=row["id"], status="PAUSED")
    assert until(receiver.changes)[0]["value"]["event"] == "PAUSED"
    assert code(graph.template("horario_de_natal")) == (400, 132015)
    assert graph.http.post(f"/{row['id']}/unpause").json() == {"success": True}
    assert graph.template("horario_de_natal").status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Com Espaço"},
        {"name": "novidades_da_semana"},
        {"category": "NEWS"},
        {"components": []},
        {"components": [{"type": "BODY", "text": "{{1}}, temos novidades para você."}]},
        {"components": [{"type": "BODY", "text": "Temos novidades para você, {{1}}"}]},
        {"components": [{"type": "BODY", "text": "Oi {{2}}, temos novidades para você."}]},
        {"components": [{"type": "BODY", "text": "Oi {{1}} {{2}}, temos novidades para você hoje."}]},
        {"components": [{"type": "BODY", "text": "x" * 1025}]},
        {"components": [{"type": "FOOTER", "text": "Sem corpo"}]},
    ],
)
def test_templates_that_break_the_rules(graph: Graph, wrong: dict[str, Any]) -> None:
    assert code(graph.http.post(LIST, json={**body_of("regra_quebrada"), **wrong})) == (400, 100)


def test_buttons_keep_their_rules(graph: Graph) -> None:
    quick, link = {"type": "QUICK_REPLY", "text": "Sim"}, {"type": "URL", "text": "Ver", "url": "https://a.example"}
    for buttons in ([quick, link, quick], [link] * 3, [{**quick, "text": "x" * 26}]):
        body = body_of("botoes")
        body["components"] = [*body["components"], {"type": "BUTTONS", "buttons": buttons}]
        assert code(graph.http.post(LIST, json=body)) == (400, 100)
