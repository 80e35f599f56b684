"""Webhooks on their way: signed over the exact bytes, the whole batch again with growing gaps until it is taken."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import random
import time
from typing import Any

import httpx

from masteria.sandbox.options import SandboxOptions
from masteria.sandbox.world import Number

log = logging.getLogger("masteria.sandbox")
UPDATES_IN_BATCH = 1000
RETRY_SECONDS = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
WAITING_MOST = 2000
ANSWER_SECONDS = 10
Change = dict[str, Any]


class Postman:
    """Posts webhooks; `counts` tells what became of them."""

    def __init__(self, options: SandboxOptions) -> None:
        self.options = options
        self.random = random.Random(options.seed + 1)
        self.tasks: set[asyncio.Task[None]] = set()
        self.counts = {"delivered": 0, "refused": 0, "unreachable": 0, "undelivered": 0}
        self._client: httpx.AsyncClient | None = None

    def post(self, number: Number, changes: list[Change]) -> None:
        """One batch to the number's callback; nothing if it has none or the app is not subscribed."""
        if not number.callback or not number.subscribed or not changes:
            return
        if len(self.tasks) >= WAITING_MOST:
            self.counts["undelivered"] += 1
            return
        entry = {"id": number.waba_id, "time": int(time.time()), "changes": changes}
        # as Meta does: other letters than ASCII as \u escapes, and the slash escaped too
        raw = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).replace("/", "\\/").encode()
        task = asyncio.get_running_loop().create_task(self._deliver(number, raw))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def messages(self, number: Number, **value: Any) -> Change:
        """A change of the field `messages`, with the number's metadata."""
        metadata = {"display_phone_number": number.digits, "phone_number_id": number.phone_number_id}
        return {"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}

    def forget(self) -> None:
        """Drop what still waits to be tried again."""
        for task in self.tasks:
            task.cancel()

    async def close(self) -> None:
        self.forget()
        if self._client is not None:
            await self._client.aclose()

    async def handshake(self, number: Number) -> tuple[int, bool]:
        """Meta's question to a new callback: the answer's status, and whether it gave the challenge back."""
        challenge = str(self.random.randrange(10**9, 10**10))
        query = {"hub.mode": "subscribe", "hub.verify_token": number.verify_token, "hub.challenge": challenge}
        answer = await self._http().get(number.callback, params=query)
        return answer.status_code, answer.text == challenge

    async def _deliver(self, number: Number, raw: bytes) -> None:
        for wait in RETRY_SECONDS:
            try:
                answer = await self._http().post(number.callback, content=raw, headers=self._headers(number, raw))
                if answer.status_code == 200:
                    self.counts["delivered"] += 1
                    return
                self.counts["refused"] += 1
                log.info("webhook answered %s, again in %s s", answer.status_code, wait)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                self.counts["unreachable"] += 1
                log.info("webhook not reached (%s), again in %s s", error, wait)
            await asyncio.sleep(wait * self.options.retry_scale)
        self.counts["undelivered"] += 1

    def _headers(self, number: Number, raw: bytes) -> dict[str, str]:
        secret = number.app_secret
        if self.options.wrong_signature and self.random.random() < self.options.wrong_signature:
            secret += "?"
        signature = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
        return {"content-type": "application/json", "x-hub-signature-256": f"sha256={signature}"}

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False)
        return self._client
