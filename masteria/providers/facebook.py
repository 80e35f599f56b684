"""Facebook by OAuth 2.0 and Graph's `/me`: on the web there is no identity token.

The dialog is at `www.facebook.com` when Graph is at `graph.facebook.com`; any other address serves both. Graph says
nothing about whether somebody reads the mail of the address it gives, so it never counts as verified (decision 23).
"""

from __future__ import annotations

import hashlib
import hmac

from masteria.config import settings
from masteria.enums import Provider
from masteria.kit import outbound
from masteria.providers.base import Begun, NotVouched, Program, Vouched, asking, traded

GRAPH, DIALOG = "https://graph.facebook.com", "https://www.facebook.com"


class Facebook:
    """One app, as this installation is registered with it."""

    def __init__(self, graph: str, version: str, program: Program) -> None:
        self.graph, self.program = f"{graph}/{version}", program
        self.dialog = f"{DIALOG if graph == GRAPH else graph}/{version}/dialog/oauth"

    def address(self, begun: Begun) -> str:
        return asking(self.program, self.dialog, begun)

    def vouch(self, begun: Begun, code: str) -> Vouched:
        token = str(traded(self.program, f"{self.graph}/oauth/access_token", begun, code).get("access_token") or "")
        # proves to Graph that whoever holds the token is the app it was made for
        proof = hmac.new(self.program.client_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        status, found = outbound.ask(
            "GET", f"{self.graph}/me", token=token, params={"fields": "id,name,email", "appsecret_proof": proof}
        )
        subject = found.get("id") if isinstance(found, dict) else None
        if status != 200 or not isinstance(subject, str) or not 0 < len(subject) <= 255:
            raise NotVouched(f"me: HTTP {status}")
        email = str(found.get("email") or "").strip().lower()
        return Vouched(Provider.FACEBOOK, subject, name=str(found.get("name") or ""), email=email)


def voucher() -> Facebook | None:
    """This installation's, or None when it has no id and secret."""
    chosen = settings()
    if not chosen.facebook_client_id or not chosen.facebook_client_secret:
        return None
    program = Program(chosen.facebook_client_id, chosen.facebook_client_secret, "public_profile email")
    return Facebook(chosen.oauth_facebook_url, chosen.meta_graph_version, program)
