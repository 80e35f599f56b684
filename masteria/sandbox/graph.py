"""The Graph API: messages, templates, numbers, media, tokens. Shapes as Meta documents them for v20 to v29."""

from __future__ import annotations

import hashlib
import json
import math
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from masteria.sandbox.checks import check
from masteria.sandbox.errors import GraphError
from masteria.sandbox.life import Life
from masteria.sandbox.outcomes import Outcome, outcome_of
from masteria.sandbox.world import Number, World, user_id

VERSION = re.compile(r"/v2\d\.0/(.+)")
MEDIA_URL_SECONDS = 300
SCOPES = ["whatsapp_business_messaging", "whatsapp_business_management"]


@dataclass(frozen=True)
class Request:
    """One call: `path` without version, the query, the bearer, the raw body."""

    method: str
    path: str
    query: dict[str, str]
    token: str
    body: bytes
    base: str = ""

    def json(self) -> dict[str, Any]:
        try:
            found = json.loads(self.body)
        except ValueError:
            raise GraphError(100, "The body is not JSON.") from None
        if not isinstance(found, dict):
            raise GraphError(100, "The body is not a JSON object.")
        return found


class Silence(Exception):
    """The message was taken, but the caller shall never hear of it."""


class Graph:
    """Answers Graph calls from one `World`; what happens later goes to `Life`."""

    def __init__(self, world: World, life: Life) -> None:
        self.world = world
        self.life = life
        self.slots: dict[str, float] = {}
        self.pairs: dict[tuple[str, str], float] = {}
        self.tried: dict[tuple[str, str], int] = {}

    def send(self, number_id: str, token: str, raw: bytes) -> bytes:
        """`POST /{phone number id}/messages`: the hot path."""
        number = self.number(number_id, token)
        try:
            body = json.loads(raw)
        except ValueError:
            raise GraphError(100, "The body is not JSON.") from None
        if body.get("status") == "read":
            return b'{"success":true}'
        self._within_rate(number)
        text = check(self.world, number, body)
        to = re.sub(r"\D", "", str(body.get("to") or "")) or str(body["recipient"])
        outcome = outcome_of(to)
        self._refuse(number, to, outcome)
        return self._accept(number, to, body, text, outcome)

    def number(self, number_id: str, token: str) -> Number:
        """The number if the token is its own; 190 and 100/33 otherwise."""
        number = self.world.numbers.get(number_id)
        if not token or all(n.access_token != token for n in self.world.numbers.values()):
            raise GraphError(190, "Invalid OAuth access token - Cannot parse access token")
        if number is None or number.access_token != token:
            raise GraphError(100, f"Object with ID '{number_id}' does not exist or permission is missing.", subcode=33)
        return number

    def call(self, request: Request) -> dict[str, Any]:
        """Everything but sending: find the route by the path's shape."""
        for method, pattern, handle in ROUTES:
            found = re.fullmatch(pattern, request.path)
            if found and request.method in method:
                return handle(self, request, *found.groups())
        raise GraphError(100, f"Unknown path components: /{request.path}", status=404)

    def _within_rate(self, number: Number) -> None:
        rate = self.world.options.rate
        if not rate:
            return
        moment, gap = time.monotonic(), 1 / rate
        free_at = max(self.slots.get(number.phone_number_id, 0.0), moment - 1)
        if free_at > moment:
            self.world.ledger.refused[130429] += 1
            raise GraphError(130429)
        self.slots[number.phone_number_id] = free_at + gap

    def _refuse(self, number: Number, to: str, outcome: Outcome) -> None:
        if self.world.options.pair_limit:
            key, moment = (number.phone_number_id, to), time.monotonic()
            free_at = max(self.pairs.get(key, 0.0), moment - 45 * 6)
            if free_at > moment:
                self._count(131056)
            self.pairs[key] = free_at + 6
        if outcome.refuse_first:
            key = (number.phone_number_id, to)
            self.tried[key] = self.tried.get(key, 0) + 1
            if self.tried[key] <= outcome.refuse_times:
                self._count(outcome.refuse_first)
        if outcome.refuse_always:
            self._count(outcome.refuse_always)

    def _count(self, code: int) -> None:
        self.world.ledger.refused[code] += 1
        raise GraphError(code)

    def _accept(self, number: Number, to: str, body: dict[str, Any], text: str, outcome: Outcome) -> bytes:
        echo, wamid = str(body.get("biz_opaque_callback_data", "")), "wamid." + secrets.token_urlsafe(18)
        self.world.ledger.accept(echo or wamid)
        wa_id = short_form(to)
        self.life.accepted(number, wa_id, wamid, echo, body, text, outcome)
        options = self.world.options
        if outcome.silent or (options.silent_chance and self.world.random.random() < options.silent_chance):
            raise Silence
        if outcome.error_after or (options.error_chance and self.world.random.random() < options.error_chance):
            raise GraphError(outcome.error_after or 131000)
        message: dict[str, str] = {"id": wamid}
        if body.get("type") == "template":
            message["message_status"] = "accepted"
        contact = {"input": str(body.get("to") or to), "wa_id": wa_id, "user_id": user_id(wa_id)}
        return json.dumps({"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]}).encode()

    def phone_number(self, request: Request, object_id: str) -> dict[str, Any]:
        if object_id in self.world.media:
            return self.media_info(request, object_id)
        if object_id in (t for waba in self.world.templates.values() for t in waba):
            return next(waba[object_id] for waba in self.world.templates.values() if object_id in waba)
        return self._number_fields(self.number(object_id, request.token))

    def _number_fields(self, number: Number) -> dict[str, Any]:
        return {
            "id": number.phone_number_id,
            "display_phone_number": number.display_number,
            "verified_name": number.name,
            "quality_rating": number.quality,
            "throughput": {"level": number.level},
            "status": "CONNECTED",
            "name_status": "APPROVED",
            "code_verification_status": "VERIFIED",
            "platform_type": "CLOUD_API",
            "whatsapp_business_manager_messaging_limit": "TIER_100K",
            "health_status": {"can_send_message": "AVAILABLE", "entities": []},
        }

    def account(self, waba_id: str, token: str) -> list[Number]:
        """The numbers of a WhatsApp Business Account whose token this is."""
        numbers = [n for n in self.world.numbers.values() if n.waba_id == waba_id]
        if not token or all(n.access_token != token for n in self.world.numbers.values()):
            raise GraphError(190, "Invalid OAuth access token - Cannot parse access token")
        if not numbers or all(n.access_token != token for n in numbers):
            raise GraphError(100, f"Object with ID '{waba_id}' does not exist or permission is missing.", subcode=33)
        return numbers

    def phone_numbers(self, request: Request, waba_id: str) -> dict[str, Any]:
        numbers = self.account(waba_id, request.token)
        return {"data": [self._number_fields(n) for n in numbers], "paging": {"cursors": {"before": "", "after": ""}}}

    def subscribed_apps(self, request: Request, waba_id: str) -> dict[str, Any]:
        numbers = self.account(waba_id, request.token)
        if request.method == "POST":
            wanted = request.json() if request.body else {}
            for number in numbers:
                number.callback = wanted.get("override_callback_uri", number.callback)
            return {"success": True}
        app = {"link": "", "name": "Masteria", "id": "1"}
        return {"data": [{"whatsapp_business_api_data": app}] if any(n.callback for n in numbers) else []}

    def list_templates(self, request: Request, waba_id: str) -> dict[str, Any]:
        self.account(waba_id, request.token)
        wanted = {k: v for k, v in request.query.items() if k in ("name", "status", "category", "language")}
        found = [t for t in self.world.templates[waba_id].values() if all(t.get(k) == v for k, v in wanted.items())]
        limit, start = int(request.query.get("limit", 25)), int(request.query.get("after") or 0)
        rows, end = found[start : start + limit], start + limit
        paging: dict[str, Any] = {"cursors": {"before": str(start), "after": str(end)}}
        if end < len(found):
            paging["next"] = f"{request.base}/{waba_id}/message_templates?after={end}"
        return {"data": rows, "paging": paging}

    def create_template(self, request: Request, waba_id: str) -> dict[str, Any]:
        self.account(waba_id, request.token)
        body = request.json()
        if not re.fullmatch(r"[a-z0-9_]{1,512}", str(body.get("name", ""))):
            raise GraphError(100, "name may hold a-z, 0-9 and _ only.", subcode=2388043)
        if self.world.find_template(waba_id, body["name"], body.get("language", "")):
            raise GraphError(100, "This template exists already in this language.", subcode=2388024)
        made = self.world.add_template(waba_id, {**body, "status": "PENDING"})
        self.life.review(waba_id, made)
        return {"id": made["id"], "status": "PENDING", "category": made.get("category", "")}

    def delete_template(self, request: Request, waba_id: str) -> dict[str, Any]:
        self.account(waba_id, request.token)
        name, one = request.query.get("name"), request.query.get("hsm_id")
        gone = [k for k, t in self.world.templates[waba_id].items() if t["name"] == name and one in (None, k)]
        for key in gone:
            del self.world.templates[waba_id][key]
        return {"success": bool(gone)}

    def upload(self, request: Request, number_id: str) -> dict[str, Any]:
        self.number(number_id, request.token)
        media_id = str(900_000_000_000_000 + secrets.randbelow(10**9))
        self.world.media[media_id] = {"bytes": request.body, "token": request.token, "until": 0.0}
        return {"id": media_id}

    def media_info(self, request: Request, media_id: str) -> dict[str, Any]:
        media = self.world.media[media_id]
        if media["token"] != request.token:
            raise GraphError(190)
        media["until"] = time.time() + MEDIA_URL_SECONDS
        return {
            "messaging_product": "whatsapp",
            "url": f"{request.base}/_sandbox/media/{media_id}",
            "mime_type": media.get("mime_type", "application/octet-stream"),
            "sha256": hashlib.sha256(media["bytes"]).hexdigest(),
            "file_size": len(media["bytes"]),
            "id": media_id,
        }

    def debug_token(self, request: Request) -> dict[str, Any]:
        token = request.query.get("input_token", "")
        valid = any(n.access_token == token for n in self.world.numbers.values())
        data = {
            "app_id": "1",
            "type": "SYSTEM_USER",
            "is_valid": valid,
            "expires_at": 0,
            "scopes": SCOPES if valid else [],
        }
        return {"data": {**data, "issued_at": 1_795_000_000, "data_access_expires_at": 0, "granular_scopes": []}}

    def access_token(self, request: Request) -> dict[str, Any]:
        token = request.query.get("fb_exchange_token", "")
        if all(n.access_token != token for n in self.world.numbers.values()):
            raise GraphError(190)
        return {"access_token": token, "token_type": "bearer", "expires_in": 60 * 86_400}


Handler = Callable[..., dict[str, Any]]
ROUTES: tuple[tuple[tuple[str, ...], str, Handler], ...] = (
    (("GET",), r"debug_token", Graph.debug_token),
    (("GET",), r"oauth/access_token", Graph.access_token),
    (("GET",), r"(\d+)/message_templates", Graph.list_templates),
    (("POST",), r"(\d+)/message_templates", Graph.create_template),
    (("DELETE",), r"(\d+)/message_templates", Graph.delete_template),
    (("GET",), r"(\d+)/phone_numbers", Graph.phone_numbers),
    (("GET", "POST", "DELETE"), r"(\d+)/subscribed_apps", Graph.subscribed_apps),
    (("POST",), r"(\d+)/media", Graph.upload),
    (("GET",), r"(\d+)", Graph.phone_number),
)


def short_form(digits: str) -> str:
    """WhatsApp's own id for a Brazilian mobile of area code 31 or above often lacks the ninth digit."""
    if len(digits) == 13 and digits.startswith("55") and digits[2:4].isdigit() and int(digits[2:4]) >= 31:
        return digits[:4] + digits[5:]
    return digits


def usage(calls: int) -> str:
    """The percentages of the X-App-Usage header."""
    share = min(100, math.ceil(calls / 200))
    return json.dumps({"call_count": share, "total_time": share, "total_cputime": share})
