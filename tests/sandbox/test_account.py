"""Numbers, tokens and files on the Graph API."""

from __future__ import annotations

import hashlib

import httpx

from masteria.sandbox.sample import SAMPLE_ACCESS_TOKEN, SAMPLE_APP_SECRET, SAMPLE_PHONE_NUMBER_ID, SAMPLE_WABA_ID
from tests.sandbox.conftest import Graph
from tests.sandbox.test_messages import code

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8 + b"\r\n--not-the-boundary"


def uploaded(graph: Graph, content: bytes = PICTURE, mime: str = "image/png") -> httpx.Response:
    form = {"messaging_product": "whatsapp", "type": mime}
    return graph.http.post(f"/{SAMPLE_PHONE_NUMBER_ID}/media", data=form, files={"file": ("foto.png", content, mime)})


def test_a_number_shows_the_fields_that_were_asked(graph: Graph) -> None:
    fields = "display_phone_number,verified_name,quality_rating,throughput,health_status"
    found = graph.http.get(f"/{SAMPLE_PHONE_NUMBER_ID}", params={"fields": fields}).json()
    assert found.keys() == {"id", *fields.split(",")}
    assert found["throughput"] == {"level": "STANDARD"}
    assert code(graph.http.get(f"/{SAMPLE_PHONE_NUMBER_ID}", params={"fields": "shoe_size"})) == (400, 100)


def test_the_numbers_of_an_account(graph: Graph) -> None:
    rows = graph.http.get(f"/{SAMPLE_WABA_ID}/phone_numbers").json()["data"]
    assert [row["id"] for row in rows] == [SAMPLE_PHONE_NUMBER_ID]
    assert code(graph.http.get("/123/phone_numbers")) == (400, 100)


def test_debug_token(graph: Graph) -> None:
    good = graph.http.get("/debug_token", params={"input_token": SAMPLE_ACCESS_TOKEN}).json()["data"]
    bad = graph.http.get("/debug_token", params={"input_token": "nonsense"}).json()["data"]
    assert good["is_valid"]
    assert "whatsapp_business_messaging" in good["scopes"]
    assert good["granular_scopes"][0]["target_ids"] == [SAMPLE_WABA_ID]
    assert not bad["is_valid"]
    assert bad["error"]["code"] == 190


def test_a_token_is_exchanged_and_both_work(graph: Graph) -> None:
    wanted = {"grant_type": "fb_exchange_token", "client_id": "1", "fb_exchange_token": SAMPLE_ACCESS_TOKEN}
    assert code(graph.http.get("/oauth/access_token", params={**wanted, "client_secret": "wrong"})) == (400, 1)
    new = graph.http.get("/oauth/access_token", params={**wanted, "client_secret": SAMPLE_APP_SECRET}).json()
    headers = {"authorization": f"Bearer {new['access_token']}"}
    assert graph.http.get(f"/{SAMPLE_PHONE_NUMBER_ID}", headers=headers).status_code == 200
    assert graph.http.get(f"/{SAMPLE_PHONE_NUMBER_ID}").status_code == 200


def test_a_file_goes_up_and_comes_down_unchanged(graph: Graph) -> None:
    media_id = uploaded(graph).json()["id"]
    found = graph.http.get(f"/{media_id}").json()
    assert found["sha256"] == hashlib.sha256(PICTURE).hexdigest()
    assert (found["file_size"], found["mime_type"]) == (len(PICTURE), "image/png")
    assert graph.http.get(found["url"]).content == PICTURE
    assert graph.send(type="image", image={"id": media_id}).status_code == 200


def test_a_file_needs_the_bearer_and_a_fresh_address(graph: Graph) -> None:
    url = graph.http.get(f"/{uploaded(graph).json()['id']}").json()["url"]
    assert httpx.get(url).status_code == 401
    assert graph.http.get(url.replace("until=1", "until=2")).status_code == 404


def test_files_that_are_not_taken(graph: Graph) -> None:
    assert code(uploaded(graph, mime="image/gif")) == (400, 100)
    assert code(uploaded(graph, b"x" * (5 * 1024 * 1024 + 1))) == (400, 131053)
    assert code(graph.http.post(f"/{SAMPLE_PHONE_NUMBER_ID}/media", json={})) == (400, 100)


def test_a_handle_for_a_templates_example(graph: Graph) -> None:
    upload = graph.http.post("/1/uploads", params={"file_name": "a.png", "file_length": 3}).json()["id"]
    assert graph.http.post(f"/{upload}", content=b"abc", headers={"file_offset": "0"}).json()["h"].startswith("4::")


def test_a_body_in_chunks_is_read_whole(graph: Graph) -> None:
    parts = iter([b'{"messaging_product":"whatsapp",', b'"to":"+5511987650001","text":{"bo', b'dy":"Oi"}}'])
    assert graph.http.post(f"/{SAMPLE_PHONE_NUMBER_ID}/messages", content=parts).status_code == 200
