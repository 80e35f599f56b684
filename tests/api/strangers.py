"""Browsers at the doors of other providers: the panel's routes in this process, the sandbox's providers over loopback."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from starlette.applications import Starlette

from masteria.actions import sessions
from masteria.api import auth, entry, oauth, second_step
from masteria.core import forms
from masteria.core.access import Actor
from masteria.sandbox.vouchers import settings_for
from tests.stage import SandboxProcess

PANEL = "http://127.0.0.1:3000"


def settings_of(sandbox: SandboxProcess) -> dict[str, str]:
    """What an installation says that knows the sandbox's providers."""
    return {**settings_for(sandbox.url), "MASTERIA_PUBLIC_URL": PANEL}


def browser() -> httpx.AsyncClient:
    """A fresh one, from an address of its own."""
    ip = f"10.{secrets.randbelow(256)}.{secrets.randbelow(256)}.{secrets.randbelow(256)}"
    app = Starlette(routes=[*auth.routes, *oauth.routes, *second_step.routes])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app, client=(ip, 1)), base_url=PANEL)


def somebody(sandbox: SandboxProcess, *, email: str = "", verified: bool = True, name: str = "Zeca Prado") -> str:
    """A new person at the providers; their subject."""
    sub = str(10**20 + secrets.randbelow(10**19))
    sandbox.post("logins", sub=sub, name=name, email=email, email_verified=verified)
    return sub


def new_email() -> str:
    return f"zeca-{secrets.token_hex(4)}@correio.example"


async def go(panel: httpx.AsyncClient, kind: str = "google", **query: str) -> str:
    """To the provider; its address."""
    answer = await panel.get(f"/auth/login/{kind}", params=query, headers={"sec-fetch-site": "same-origin"})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def choose(dialog: str, sub: str) -> str:
    """What the provider makes of the person's choice: an address of the panel."""
    async with httpx.AsyncClient(trust_env=False) as outside:
        answer = await outside.post(dialog, data={"sub": sub})
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


async def come(panel: httpx.AsyncClient, sub: str, kind: str = "google", **query: str) -> httpx.Response:
    """There and back."""
    return await panel.get(await choose(await go(panel, kind, **query), sub))


def query_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def who(panel: httpx.AsyncClient) -> Actor | None:
    """Who this browser is signed in as."""
    token = panel.cookies.get(entry.COOKIE)
    return sessions.find_actor(token) if token else None


def refusal(answer: httpx.Response) -> str:
    """Why the sign-in page says no; and nobody is signed in by it."""
    assert answer.status_code in (303, 429), answer.text
    assert not any(cookie.startswith(entry.COOKIE) for cookie in answer.headers.get_list("set-cookie"))
    found = forms.read(answer.cookies.get(forms.COOKIE, ""))
    assert found is not None
    return found.reason


def outcome(answer: httpx.Response) -> str:
    """The same on the account's page."""
    return query_of(answer.headers["location"]).get("login", "")


async def sign_in(panel: httpx.AsyncClient, actor: Actor, password: str, **more: Any) -> httpx.Response:
    return await panel.post("/auth/login", data={"email": actor.email, "password": password, **more})
