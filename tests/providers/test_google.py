"""What an identity token must be before anybody is believed to be somebody; against the sandbox's real provider."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from masteria.enums import Provider
from masteria.kit.errors import OutsideError
from masteria.providers.base import Begun, NotVouched, Program, Vouched
from masteria.providers.google import Google
from masteria.sandbox.vouchers import CLIENT_ID, CLIENT_SECRET, SAMPLE
from tests.ports import free_port
from tests.stage import SandboxProcess

BACK = "http://127.0.0.1:3000/auth/callback/google"
RITA, _, OTTO, NINA = SAMPLE


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    process = SandboxProcess("--latency", "0")
    yield process
    process.stop()


@pytest.fixture
def google(sandbox: SandboxProcess) -> Iterator[Google]:
    yield Google(f"{sandbox.url}/oidc/google", Program(CLIENT_ID, CLIENT_SECRET, "openid email profile"))
    sandbox.post("faults", fault="")


def code_for(google: Google, begun: Begun, sub: str = RITA.sub) -> str:
    """What the browser brings back after somebody chose."""
    answer = httpx.post(google.address(begun), data={"sub": sub})
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert query["state"] == [begun.state]
    return query["code"][0]


def test_somebody_with_a_verified_address(google: Google) -> None:
    begun = Begun(BACK)
    found = google.vouch(begun, code_for(google, begun))
    assert found == Vouched(Provider.GOOGLE, RITA.sub, RITA.name, RITA.email, email_verified=True)


@pytest.mark.parametrize(("someone", "email"), [(OTTO, OTTO.email), (NINA, "")])
def test_an_address_that_the_provider_did_not_verify(google: Google, someone: object, email: str) -> None:
    begun = Begun(BACK)
    found = google.vouch(begun, code_for(google, begun, getattr(someone, "sub", "")))
    assert (found.email, found.email_verified) == (email, False)


@pytest.mark.parametrize("fault", ["nonce", "no_nonce", "aud", "iss", "exp", "hs256", "none", "key", "at_hash", "sub"])
def test_a_wrong_token_proves_nothing(google: Google, sandbox: SandboxProcess, fault: str) -> None:
    begun = Begun(BACK)
    google.vouch(begun, code_for(google, begun))
    sandbox.post("faults", fault=fault)
    other = Begun(BACK)
    code = code_for(google, other)
    with pytest.raises(NotVouched, match="id_token"):
        google.vouch(other, code)


def test_another_attempts_verifier_gets_no_token(google: Google) -> None:
    begun = Begun(BACK)
    code = code_for(google, begun)
    with pytest.raises(NotVouched, match="invalid_grant"):
        google.vouch(replace(begun, verifier=Begun(BACK).verifier), code)


def test_another_attempts_nonce_is_not_ours(google: Google) -> None:
    begun = Begun(BACK)
    code = code_for(google, begun)
    with pytest.raises(NotVouched, match="nonce"):
        google.vouch(replace(begun, nonce="another"), code)


def test_a_code_is_good_for_one_sign_in(google: Google) -> None:
    begun = Begun(BACK)
    code = code_for(google, begun)
    google.vouch(begun, code)
    with pytest.raises(NotVouched, match="invalid_grant"):
        google.vouch(begun, code)


def test_no_error_tells_the_secret(google: Google) -> None:
    wrong = Google(google.issuer, Program(CLIENT_ID, "guessed-secret", "openid"))
    begun = Begun(BACK)
    code = code_for(wrong, begun)
    with pytest.raises(NotVouched) as caught:
        wrong.vouch(begun, code)
    assert "guessed-secret" not in f"{caught.value} {caught.value!r} {wrong.program!r}"


def test_who_describes_another_issuer_is_not_asked(sandbox: SandboxProcess) -> None:
    # the sandbox answers here too, but names the issuer without a version
    impostor = Google(f"{sandbox.url}/oidc/google/v1.0", Program(CLIENT_ID, CLIENT_SECRET, "openid"))
    with pytest.raises(OutsideError, match="not_the_issuer"):
        impostor.address(Begun(BACK))


def test_a_provider_that_is_away_is_said_to_be_away() -> None:
    away = Google(f"http://127.0.0.1:{free_port()}", Program(CLIENT_ID, CLIENT_SECRET, "openid"))
    with pytest.raises(OutsideError):
        away.address(Begun(BACK))
