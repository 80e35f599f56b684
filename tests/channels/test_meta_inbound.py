"""At the door: signatures over raw bytes, the handshake, and whose a body is."""

from __future__ import annotations

import json

import pytest

from masteria.channels import meta_inbound
from masteria.channels.values import load
from masteria.kit.storable import storable
from tests.metahooks import signature

SECRET = "0123456789abcdef0123456789abcdef"
RAW = b'{"object":"whatsapp_business_account","entry":[{"id":"1","text":"\\u00e9 \\/ ok"}]}'
GOOD = signature(RAW, SECRET)
BAD = {
    "none": None,
    "empty": "",
    "no prefix": GOOD.removeprefix("sha256="),
    "sha1": "sha1=" + "0" * 40,
    "upper case": GOOD.upper(),
    "short": GOOD[:-1],
    "long": GOOD + "0",
    "another secret": signature(RAW, SECRET + "x"),
    "another body": signature(RAW + b" ", SECRET),
    "written anew": signature(json.dumps(json.loads(RAW)).encode(), SECRET),
    "not ASCII": "sha256=" + "é" * 64,
    "a line after it": GOOD + "\n",
}


@pytest.mark.parametrize("header", BAD.values(), ids=BAD.keys())
def test_a_bad_signature_is_refused(header: str | None) -> None:
    assert not meta_inbound.signature_is_right(RAW, header, [SECRET])


def test_a_good_signature_holds_while_the_secret_is_being_changed() -> None:
    assert meta_inbound.signature_is_right(RAW, GOOD, ["the next secret", SECRET])
    assert not meta_inbound.signature_is_right(RAW, GOOD, [])


def test_the_handshake_echoes_the_challenge_for_one_of_the_tokens() -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "b", "hub.challenge": "12345"}
    assert meta_inbound.challenge_of(query, ["a", "b"]) == "12345"
    assert meta_inbound.challenge_of(query, ["a"]) is None
    assert meta_inbound.challenge_of({**query, "hub.mode": "unsubscribe"}, ["b"]) is None
    assert meta_inbound.challenge_of({}, ["a"]) is None
    assert meta_inbound.challenge_of({**query, "hub.verify_token": "é"}, ["b"]) is None


@pytest.mark.parametrize(
    "raw",
    [b"", b"x", b"[]", b"1", b'"{}"', b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000, b'{"n":' + b"9" * 5000 + b"}"],
    ids=["empty", "no json", "list", "number", "text", "bytes", "deep list", "deep object", "huge integer"],
)
def test_what_is_no_json_object_is_none(raw: bytes) -> None:
    assert load(raw) is None


def test_decoding_cleans_what_the_database_refuses() -> None:
    deep = b'{"d":' * 60 + b"1" + b"}" * 60
    raw = b'{"nul":"a\\u0000b","lone":"x\\ud83d","pair":"\\ud83d\\ude00","k\\u0000":NaN,"deep":' + deep + b"}"
    found = storable(load(raw))
    assert (found["nul"], found["lone"], found["pair"], found["k"]) == ("ab", "x?", "😀", None)
    assert json.dumps(found).count('"d"') < 45


def test_addressees_are_numbers_and_the_accounts_of_what_has_none() -> None:
    with_number = {"field": "messages", "value": {"metadata": {"phone_number_id": 200}}}
    hostile = {"field": "messages", "value": {"metadata": {"phone_number_id": "1\ud800"}}}
    body = {"entry": [{"id": "1", "changes": [with_number, hostile]}, {"id": 2, "changes": [{"field": "x"}]}]}
    assert meta_inbound.addressees(body) == meta_inbound.Addressees(("200",), ("2",))


def test_a_portion_holds_only_what_is_for_these_numbers() -> None:
    change = {n: {"field": "messages", "value": {"metadata": {"phone_number_id": n}, "messages": [n]}} for n in "12"}
    whole = {"field": "account_update", "value": {}}
    body = {
        "object": "o",
        "entry": [{"id": "a", "changes": [change["1"], change["2"]]}, {"id": "b", "changes": [whole]}],
    }
    mine = json.loads(meta_inbound.portion(body, {"1"}, {"a"}) or b"")
    assert mine == {"object": "o", "entry": [{"id": "a", "changes": [change["1"]]}]}
    assert meta_inbound.portion(body, {"3"}, {"c"}) is None
