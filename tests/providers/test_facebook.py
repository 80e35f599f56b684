"""Facebook's way in: the dialog, the code, `/me`; its address is never taken for verified."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from masteria.enums import Provider
from masteria.providers.base import Begun, NotVouched, Program, Vouched
from masteria.providers.facebook import Facebook
from masteria.sandbox.vouchers import CLIENT_ID, CLIENT_SECRET, SAMPLE
from tests.stage import SandboxProcess

BACK = "http://127.0.0.1:3000/auth/callback/facebook"


@pytest.fixture(scope="module")
def facebook() -> Iterator[Facebook]:
    process = SandboxProcess("--latency", "0")
    yield Facebook(f"{process.url}/oidc/facebook", "v25.0", Program(CLIENT_ID, CLIENT_SECRET, "public_profile email"))
    process.stop()


def code_for(facebook: Facebook, begun: Begun, sub: str) -> str:
    answer = httpx.post(facebook.address(begun), data={"sub": sub})
    return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]


@pytest.mark.parametrize("someone", SAMPLE, ids=lambda someone: someone.name)
def test_the_address_never_counts_as_verified(facebook: Facebook, someone: object) -> None:
    begun = Begun(BACK)
    sub, name, email = (getattr(someone, part) for part in ("sub", "name", "email"))
    found = facebook.vouch(begun, code_for(facebook, begun, sub))
    assert found == Vouched(Provider.FACEBOOK, sub, name, email, email_verified=False)


def test_another_attempts_verifier_gets_no_token(facebook: Facebook) -> None:
    begun = Begun(BACK)
    code = code_for(facebook, begun, SAMPLE[0].sub)
    with pytest.raises(NotVouched):
        facebook.vouch(replace(begun, verifier=Begun(BACK).verifier), code)


def test_the_dialog_of_facebooks_own_graph_is_at_www() -> None:
    real = Facebook("https://graph.facebook.com", "v25.0", Program("1", "s", "email"))
    address = urlsplit(real.address(Begun("https://panel.example/auth/callback/facebook")))
    assert (address.netloc, address.path) == ("www.facebook.com", "/v25.0/dialog/oauth")
    assert parse_qs(address.query)["code_challenge_method"] == ["S256"]
