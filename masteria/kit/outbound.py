"""The only HTTP clients: httpx for calls that are few, and a narrow `post` over pyreqwest for the sending path.

httpx's pool looks at every connection for each request, so its cost grows with concurrency; the hot path needs
thousands a second on one core. What both raise is ours, so another library can take pyreqwest's place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from pyreqwest.client import ClientBuilder
from pyreqwest.exceptions import ConnectError, PyreqwestError

from masteria.kit.clock import now
from masteria.kit.errors import OutsideError

CONNECT_SECONDS = 5
ANSWER_SECONDS = 20
LONGEST_WAIT_SECONDS = 3600.0
FORM_ANSWER_BYTES = 256 * 1024


class NeverLeft(Exception):
    """No byte of the request was sent: it is safe to try again."""


class NoAnswer(Exception):
    """The request may have arrived; nobody can know."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer. `retry_after` seconds nobody wants to hear of us again; 0 when that was not said."""

    status: int
    body: bytes
    retry_after: float = 0.0


class HotClient:
    """Many concurrent posts to one vendor over kept-alive connections; opens by itself, `close()` ends it."""

    def __init__(self, connections: int, *, seconds: float = ANSWER_SECONDS) -> None:
        connecting, answering = timedelta(seconds=CONNECT_SECONDS), timedelta(seconds=seconds)
        # a redirect would be followed with the message in hand: whoever answers so has not taken it
        builder = ClientBuilder().connect_timeout(connecting).timeout(answering).no_proxy().follow_redirects(False)
        self._client = builder.pool_max_idle_per_host(connections).pool_idle_timeout(timedelta(seconds=50)).build()

    async def close(self) -> None:
        await self._client.close()

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Heard:
        """The answer; `NeverLeft` or `NoAnswer` when there is none."""
        try:
            answer = await self._client.post(url).headers(headers).body_bytes(body).build().send()
            said = answer.headers.get("retry-after") if answer.status in (429, 503) else None
            return Heard(answer.status, bytes(await answer.bytes()), _seconds(said))
        except ConnectError as error:
            raise NeverLeft(str(error)) from error
        except PyreqwestError as error:
            # also its ConnectTimeoutError: a time-out while waiting for the answer comes under that name
            raise NoAnswer(str(error)) from error


def _seconds(said: str | None) -> float:
    """`Retry-After` is a number of seconds or a date (RFC 9110); nonsense counts as nothing."""
    if not said:
        return 0.0
    try:
        found = float(said) if said.isdigit() else (parsedate_to_datetime(said) - now()).total_seconds()
    except (ValueError, TypeError):
        return 0.0
    return min(max(found, 0.0), LONGEST_WAIT_SECONDS)


def post_form(url: str, headers: dict[str, str], body: str) -> Heard:
    """One form to an address that is ours to choose; redirects are not followed, the answer is read to 256 kB."""
    try:
        with (
            httpx.Client(timeout=httpx.Timeout(15, connect=CONNECT_SECONDS), trust_env=False) as client,
            client.stream("POST", url, headers=headers, content=body) as answer,
        ):
            found = bytearray()
            for part in answer.iter_bytes():
                found += part
                if len(found) > FORM_ANSWER_BYTES:
                    raise OutsideError("too_long", permanent=True)
            return Heard(answer.status_code, bytes(found))
    except httpx.HTTPError as error:
        raise OutsideError("unreachable", permanent=False) from error


def ask(method: str, url: str, *, token: str = "", params: dict[str, Any] | None = None) -> tuple[int, Any]:
    """One management call to a vendor whose address is ours to choose; status and decoded JSON.

    Raises `OutsideError` (not permanent) when the vendor is not reached or does not speak JSON.
    """
    headers = {"authorization": f"Bearer {token}"} if token else {}
    try:
        with httpx.Client(timeout=httpx.Timeout(15, connect=CONNECT_SECONDS), trust_env=False) as client:
            answer = client.request(method, url, headers=headers, params=params)
            return answer.status_code, answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise OutsideError("unreachable", permanent=False) from error
