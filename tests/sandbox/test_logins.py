"""The sandbox's providers of logins: discovery, codes, PKCE, identity tokens, and Facebook's own way."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import KeySet

from masteria.sandbox.vouchers import CLIENT_ID, CLIENT_SECRET, SAMPLE
from tests.sandbox.conftest import Graph

VERIFIER = "v" * 50
RITA = SAMPLE[0]


def asked(kind: str, **more: str) -> dict[str, str]:
    scope = {"google": "openid email profile", "facebook": "email public_profile"}[kind]
    found = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": f"http://127.0.0.1:3000/auth/callback/{kind}",
        "scope": scope,
        "state": "s1",
        "nonce": f"n-{id(more)}",
        "code_challenge": create_s256_code_challenge(VERIFIER),
        "code_challenge_method": "S256",
    }
    return {name: value for name, value in {**found, **more}.items() if value}


def choose(address: str, kind: str, sub: str = RITA.sub, **more: str) -> dict[str, str]:
    """What the panel hears after somebody chose."""
    place = {"google": "authorize", "facebook": "dialog/oauth"}[kind]
    answer = httpx.post(f"{address}/oidc/{kind}/{place}", params=asked(kind, **more), data={"sub": sub})
    assert answer.status_code == 302, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def trade(address: str, kind: str, code: str, verifier: str = VERIFIER, secret: str = CLIENT_SECRET) -> httpx.Response:
    place = {"google": "token", "facebook": "oauth/access_token"}[kind]
    body = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": f"http://127.0.0.1:3000/auth/callback/{kind}",
        "client_id": CLIENT_ID,
        "client_secret": secret,
        "code_verifier": verifier,
    }
    return httpx.post(f"{address}/oidc/{kind}/{place}", data={n: v for n, v in body.items() if v})


def claims(address: str, id_token: str) -> dict[str, Any]:
    keys = KeySet.import_key_set(httpx.get(f"{address}/oidc/google/jwks").json())
    return jwt.decode(id_token, keys, algorithms=["RS256"]).claims


def test_discovery_names_what_is_there(address: str) -> None:
    found = httpx.get(f"{address}/oidc/google/.well-known/openid-configuration").json()
    assert found["issuer"] == f"{address}/oidc/google"
    assert found["id_token_signing_alg_values_supported"] == ["RS256"]
    assert httpx.get(found["jwks_uri"]).json()["keys"][0].keys() >= {"kty", "n", "e", "kid"}
    assert "d" not in httpx.get(found["jwks_uri"]).json()["keys"][0]


def test_the_dialog_offers_everybody(address: str) -> None:
    page = httpx.get(f"{address}/oidc/google/authorize", params=asked("google"), headers={"accept-language": "en"})
    assert page.status_code == 200
    assert "Sign in with Google" in page.text
    assert all(someone.name in page.text for someone in SAMPLE)


def test_a_code_becomes_a_signed_identity(address: str) -> None:
    heard = choose(address, "google", nonce="n1")
    assert (heard["state"], heard["iss"]) == ("s1", f"{address}/oidc/google")
    token = trade(address, "google", heard["code"]).json()
    found = claims(address, token["id_token"])
    assert (found["sub"], found["nonce"], found["aud"]) == (RITA.sub, "n1", [CLIENT_ID])
    assert (found["email"], found["email_verified"]) == (RITA.email, True)
    user = httpx.get(
        f"{address}/oidc/google/userinfo", headers={"authorization": f"Bearer {token['access_token']}"}
    ).json()
    assert user == RITA.claims


def test_a_code_works_once(address: str) -> None:
    code = choose(address, "google")["code"]
    assert trade(address, "google", code).status_code == 200
    assert trade(address, "google", code).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("verifier", ["w" * 50, ""])
def test_a_wrong_verifier_gets_nothing(address: str, verifier: str) -> None:
    answer = trade(address, "google", choose(address, "google")["code"], verifier)
    assert answer.status_code == 400
    assert answer.json()["error"] in ("invalid_grant", "invalid_request")


def test_a_wrong_secret_gets_nothing(address: str) -> None:
    answer = trade(address, "google", choose(address, "google")["code"], secret="guessed")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("missing", ["code_challenge", "code_challenge_method", "nonce"])
def test_pkce_and_nonce_are_demanded(address: str, missing: str) -> None:
    answer = httpx.get(f"{address}/oidc/google/authorize", params=asked("google", **{missing: ""}))
    assert "error=invalid_request" in answer.headers.get("location", answer.text) or answer.status_code == 400


@pytest.mark.parametrize("wrong", [{"client_id": "x"}, {"redirect_uri": "https://evil.example/auth/callback/google"}])
def test_an_unknown_program_is_never_sent_anywhere(address: str, wrong: dict[str, str]) -> None:
    answer = httpx.get(f"{address}/oidc/google/authorize", params=asked("google", **wrong))
    assert "location" not in answer.headers
    assert answer.status_code in (400, 401)


def test_saying_no_is_heard(address: str) -> None:
    heard = choose(address, "google", sub="")
    assert (heard["error"], heard["state"]) == ("access_denied", "s1")


def test_a_fault_holds_until_it_is_taken_back(address: str) -> None:
    graph = Graph(address)
    graph.tell("faults", fault="aud")
    broken = trade(address, "google", choose(address, "google")["code"]).json()
    graph.tell("faults", fault="")
    right = trade(address, "google", choose(address, "google")["code"]).json()
    assert claims(address, broken["id_token"])["aud"] == ["another-program"]
    assert claims(address, right["id_token"])["aud"] == [CLIENT_ID]


def test_facebook_speaks_through_graph(address: str) -> None:
    code = choose(address, "facebook")["code"]
    token = trade(address, "facebook", code).json()["access_token"]
    proof = hmac.new(CLIENT_SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
    query = {"fields": "id,name,email", "appsecret_proof": proof}
    bearer = {"authorization": f"Bearer {token}"}
    found = httpx.get(f"{address}/oidc/facebook/v25.0/me", params=query, headers=bearer)
    assert found.json() == {"id": RITA.sub, "name": RITA.name, "email": RITA.email}
    forged = httpx.get(f"{address}/oidc/facebook/me", params={**query, "appsecret_proof": proof[::-1]}, headers=bearer)
    assert forged.status_code == 400
