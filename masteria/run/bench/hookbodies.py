"""Signed bodies as Meta sends statuses: alone and in batches, in disorder, some twice."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import time
from pathlib import Path
from typing import Any

from masteria.run.bench.company import ACCOUNT_ID, APP_SECRET, NUMBER_ID
from masteria.run.bench.knock import HEAD
from masteria.run.bench.wishes import Webhooks

STEPS = ("sent", "delivered", "read")
DISORDER = 300  # how far a status may stray from its place
TWICE = 0.03


def statuses(people: list[tuple[str, str]], pick: random.Random) -> list[dict[str, Any]]:
    """Three statuses of each (row id, wamid), a few of them again, neighbours in any order."""
    began, found = int(time.time()) - 3600, []
    for number, (row_id, wamid) in enumerate(people):
        for step, word in enumerate(STEPS):
            one = {"id": wamid, "status": word, "timestamp": str(began + step * 5), "recipient_id": f"5511{number:09}"}
            one |= {"biz_opaque_callback_data": f"r:{row_id}"}
            pricing = {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "marketing"}
            one |= {"pricing": pricing} if step < 2 else {}
            places = [number * 3 + step] + ([number * 3 + step + DISORDER] if pick.random() < TWICE else [])
            found += [(place + pick.uniform(0, DISORDER), one) for place in places]
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]


def bodies(found: list[dict[str, Any]], wish: Webhooks, pick: random.Random) -> list[tuple[int, bytes]]:
    """How many statuses, and the body."""
    made, place = [], 0
    # so many batches that the wished share of all statuses comes alone
    alone = wish.single_share / (wish.single_share + (1 - wish.single_share) / wish.batch)
    while place < len(found):
        count = 1 if pick.random() < alone else min(wish.batch, len(found) - place)
        made.append((count, _body(found[place : place + count], len(made))))
        place += count
    return made


def write(made: list[tuple[int, bytes]], path: Path, port: int) -> list[bytes]:
    """The requests for `knock`; the digest of each body, by which intake knows it."""
    with path.open("wb") as file:
        for count, body in made:
            signature = hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
            head = (
                f"POST /webhooks/meta HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n"
                f"user-agent: facebookexternalua\r\nx-hub-signature-256: sha256={signature}\r\n"
                f"content-length: {len(body)}\r\n\r\n"
            )
            raw = head.encode() + body
            file.write(HEAD.pack(count, len(raw)) + raw)
    return [hashlib.sha256(body).digest() for _, body in made]


def _body(items: list[dict[str, Any]], number: int) -> bytes:
    metadata = {"display_phone_number": "551140000100", "phone_number_id": NUMBER_ID}
    value = {"messaging_product": "whatsapp", "metadata": metadata, "statuses": items}
    entry = {"id": ACCOUNT_ID, "time": number, "changes": [{"field": "messages", "value": value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).replace("/", "\\/").encode()
