"""Webhook bodies as Meta sends them, signed: for tests that feed the doors or the drain."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from itertools import count
from typing import Any

from masteria.actions import intake
from masteria.core.access import Actor
from masteria.core.work import work_as
from masteria.models import Connection

_NUMBERS = count(1)


def signature(raw: bytes, secret: str) -> str:
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def envelope(connection: Connection, field: str = "messages", **value: Any) -> dict[str, Any]:
    """One entry with one change for this number."""
    metadata = {"display_phone_number": connection.address, "phone_number_id": connection.external_id}
    change = {"field": field, "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}
    return {"object": "whatsapp_business_account", "entry": [{"id": connection.account_id, "changes": [change]}]}


def encoded(body: Any) -> bytes:
    """As Meta does: other letters than ASCII as escapes, the slash escaped too."""
    return json.dumps(body).replace("/", "\\/").encode()


def message(text: str = "Oi", sender: str | None = "5511900000001", **more: Any) -> dict[str, Any]:
    """An inbound text with an id of its own."""
    base = {"from": sender, "id": f"wamid.IN{next(_NUMBERS)}", "timestamp": str(int(time.time())), "type": "text"}
    return {**base, "text": {"body": text}, **more}


def status(wamid: str, word: str, at: int | None = None, **more: Any) -> dict[str, Any]:
    return {"id": wamid, "status": word, "timestamp": str(at or int(time.time())), **more}


def person(name: str = "Bia", wa_id: str = "5511900000001", **more: Any) -> dict[str, Any]:
    return {"profile": {"name": name}, "wa_id": wa_id, **more}


def take_in(actor: Actor, connection: Connection, *bodies: Any) -> None:
    """Put bodies where the door puts them: signed and waiting. Bytes stay as they are."""
    raws = [body if isinstance(body, bytes) else encoded(body) for body in bodies]
    with work_as(actor) as work:
        intake.take_in(work, connection.id, raws)
