"""Tokens for people's programs: by password, by the refresh token before, and an end to them."""

from __future__ import annotations

from pydantic import Field
from starlette.requests import Request

from masteria.actions import tokens
from masteria.actions.tokens import NotLetIn, Pair
from masteria.api.callers import address_of
from masteria.api.door import OpenDoor, router
from masteria.api.problems import SignedOut, TooOften
from masteria.api.shapes import Body, Shape
from masteria.core import attempts
from masteria.kit.errors import Invalid

routes = router("auth", OpenDoor)
PATHS = ("/auth/token", "/auth/revoke")  # served without /api/v1 in front as well


class Wanted(Body):
    """`email` and `password` for a sign-in, or the `refresh_token` of the answer before."""

    email: str = Field(default="", max_length=254)
    password: str = Field(default="", max_length=1024)
    totp: str = Field(default="", max_length=32, description="The second step's code, or a backup code")
    company: str = Field(default="", max_length=64, description="The company's short name, for who has several")
    refresh_token: str = Field(default="", max_length=200)


class Given(Shape):
    access_token: str = Field(description="A JWT: `Authorization: Bearer …`")
    refresh_token: str = Field(description="Good for one more pair, once")
    expires_in: int = Field(description="Seconds until the access token is over")
    token_type: str = "Bearer"


class Over(Body):
    refresh_token: str = Field(max_length=200)


@routes.post("/auth/token")
def give_token(request: Request, body: Wanted) -> Given:
    """A pair of tokens. A refresh token that comes twice ends its sign-in, so keep the newest."""
    caller = tokens.Caller(address_of(request), request.headers.get("user-agent", ""), request.state.arrived_at)
    try:
        pair = tokens.refresh(body.refresh_token, caller) if _is_refresh(body) else _sign_in(body, caller)
    except NotLetIn as error:
        raise SignedOut(error.reason) from None
    return Given(access_token=pair.access_token, refresh_token=pair.refresh_token, expires_in=pair.expires_in)


@routes.post("/auth/revoke", status_code=204)
def revoke_token(request: Request, body: Over) -> None:
    """The end of this sign-in: its refresh token and its access tokens open nothing from now on."""
    tokens.revoke(body.refresh_token, tokens.Caller(address_of(request)))


def _is_refresh(body: Wanted) -> bool:
    others = body.email or body.password or body.totp or body.company
    if body.refresh_token and others:
        raise Invalid("refresh_token", "either_or")
    for name in ("email", "password"):
        if not body.refresh_token and not getattr(body, name):
            raise Invalid(name, "missing")
    return bool(body.refresh_token)


def _sign_in(body: Wanted, caller: tokens.Caller) -> Pair:
    """Tries are counted as those of the sign-in page, with which they share their windows."""
    tried = attempts.sign_in(body.email.strip().lower(), caller.ip)
    if tried.wait:
        raise TooOften(tried.wait)
    pair = tokens.sign_in(body.email, body.password, caller, totp=body.totp, company=body.company)
    attempts.forgive(tried)
    return pair
