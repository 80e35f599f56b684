"""Who a provider of logins knows, and how it may be told to lie: both for tests, demos and curious people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from masteria.sandbox.errors import GraphError

CLIENT_ID = "masteria-sandbox"
CLIENT_SECRET = "sandbox-secret-worth-nothing"
PROVIDERS = ("google", "facebook")
# what an identity token of this provider may be made to be, one fault at a time
FAULTS = ("", "nonce", "no_nonce", "aud", "iss", "exp", "hs256", "none", "key", "at_hash", "sub")


def settings_for(address: str) -> dict[str, str]:
    """What an installation must say to be known to the providers of the sandbox at this address."""
    return {
        "GOOGLE_CLIENT_ID": CLIENT_ID,
        "GOOGLE_CLIENT_SECRET": CLIENT_SECRET,
        "FACEBOOK_CLIENT_ID": CLIENT_ID,
        "FACEBOOK_CLIENT_SECRET": CLIENT_SECRET,
        "OAUTH_GOOGLE_ISSUER": f"{address}/oidc/google",
        "OAUTH_FACEBOOK_URL": f"{address}/oidc/facebook",
    }


@dataclass(frozen=True)
class Someone:
    """A person as the provider knows them."""

    sub: str
    name: str
    email: str = ""
    email_verified: bool = True

    @property
    def claims(self) -> dict[str, Any]:
        address = {"email": self.email, "email_verified": self.email_verified} if self.email else {}
        return {"sub": self.sub, "name": self.name, **address}


SAMPLE = (
    Someone("100000000000000000001", "Rita Nogueira", "rita.nogueira@gmail.example"),
    Someone("100000000000000000002", "Bruno Reis", "bruno@aurora.example"),
    Someone("100000000000000000003", "Otto Lins", "otto.lins@correio.example", email_verified=False),
    Someone("100000000000000000004", "Nina Prado"),
)


class Vouchers:
    """The people of all providers, and the fault that the next tokens have."""

    def __init__(self) -> None:
        self.people: dict[str, Someone] = {someone.sub: someone for someone in SAMPLE}
        self.fault = ""

    def add(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Somebody new, or the same `sub` with other words."""
        sub, name = str(wanted.get("sub") or ""), str(wanted.get("name") or "")
        if not sub or not name:
            raise GraphError(131008, "A person needs sub and name.")
        is_verified = wanted.get("email_verified", True) is True
        self.people[sub] = Someone(sub, name, str(wanted.get("email") or ""), is_verified)
        return {"success": True}

    def break_tokens(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """From now on identity tokens are wrong in this way; empty: they are right again."""
        fault = wanted.get("fault", "")
        if fault not in FAULTS:
            raise GraphError(131009, f"fault must be one of {', '.join(FAULTS[1:])}, or empty.")
        self.fault = fault
        return {"success": True}
