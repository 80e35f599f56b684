"""The Graph API: sending, and the routes to the rest. Shapes as Meta documents them for v20 to v29."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from masteria.sandbox import accounts, media, templates
from masteria.sandbox.checks import check, found_template, recipient
from masteria.sandbox.errors import GraphError
from masteria.sandbox.http import Call
from masteria.sandbox.life import Life
from masteria.sandbox.outcomes import ORDINARY, Outcome, outcome_of
from masteria.sandbox.request import Request
from masteria.sandbox.shapes import loaded
from masteria.sandbox.statuses import Sent
from masteria.sandbox.world import Number, World, short_form

VERSION = re.compile(r"/v2\d\.0/(.+)")
PAIR_SECONDS, PAIR_BURST = 6, 45


@dataclass(frozen=True, slots=True)
class Reply:
    """What the caller gets: an answer, or nothing (`silent`), or a reset (`cut`)."""

    status: int = 200
    body: bytes = b""
    silent: bool = False
    cut: bool = False


class Graph:
    """Answers Graph calls from one `World`; what happens later goes to `Life`."""

    def __init__(self, world: World, life: Life) -> None:
        self.world = world
        self.life = life
        self.slots: dict[str, float] = {}
        self.pairs: dict[tuple[str, str], float] = {}
        self.tried: dict[tuple[str, str], int] = {}

    def send(self, number_id: str, token: str, raw: bytes, marketing: bool = False) -> Reply:
        """`POST /{phone number id}/messages` (or `marketing_messages`): the hot path."""
        number = self.number(number_id, token)
        body = loaded(raw)
        if body.get("status") == "read":
            return self._read(number, body)
        self._within_rate(number)
        to, user = recipient(self.world, number, body)
        bubble = check(self.world, number, body)
        category = self._category(number, body, marketing, to)
        outcome = outcome_of(to) if self.world.options.magic else ORDINARY
        self._refuse(number, to, outcome)
        return self._accept(number, (to, user), body, (bubble, category), outcome)

    def number(self, number_id: str, token: str) -> Number:
        """The number if the token is its own; 190 and 100/33 otherwise."""
        number = self.world.numbers.get(number_id)
        if number_id not in self.world.owned(token) or number is None:
            raise accounts.unknown(number_id)
        return number

    def account(self, waba_id: str, token: str) -> list[Number]:
        """The numbers of a WhatsApp Business Account that this token may use."""
        owned = self.world.owned(token)
        found = [n for n in self.world.numbers.values() if n.waba_id == waba_id and n.phone_number_id in owned]
        if not found:
            raise accounts.unknown(waba_id)
        return found

    def call(self, call: Call, path: str) -> dict[str, Any]:
        """Everything but sending: find the route by the path's shape."""
        query = call.query
        token = call.token or query.get("access_token", "")
        request = Request(call.method, path, query, token, call.body, call.base, call.headers)
        if self.world.options.usage >= 100:
            raise GraphError(80007)
        for methods, pattern, handle in ROUTES:
            found = re.fullmatch(pattern, path)
            if found and call.method in methods:
                return handle(self, request, *found.groups())
        raise GraphError(100, f"Unknown path components: /{path}", status=404)

    def forget(self) -> None:
        """Rates and repeated tries begin anew."""
        for kept in (self.slots, self.pairs, self.tried):
            kept.clear()

    def _read(self, number: Number, body: dict[str, Any]) -> Reply:
        wamid = str(body.get("message_id") or "")
        if not wamid.startswith("wamid."):
            raise GraphError(131009, "The parameter message_id is not a message's id.")
        self.life.seen(number, wamid, bool(body.get("typing_indicator")))
        return Reply(body=b'{"success":true}')

    def _within_rate(self, number: Number) -> None:
        if self.world.options.refuse:
            self._count(int(self.world.options.refuse))
        rate = number.rate or self.world.options.rate
        if not rate:
            return
        moment, gap = time.monotonic(), 1 / rate
        free_at = max(self.slots.get(number.phone_number_id, 0.0), moment - 1)
        if free_at > moment:
            self._count(130429)
        self.slots[number.phone_number_id] = free_at + gap

    def _category(self, number: Number, body: dict[str, Any], marketing: bool, to: str) -> str:
        if body.get("type") != "template":
            if marketing:
                raise GraphError(131055)
            return "service"
        category = str(found_template(self.world, number, body["template"])["category"]).lower()
        if marketing and category != "marketing":
            raise GraphError(131055)
        if category == "authentication" and not to:
            raise GraphError(131062)
        return "marketing_lite" if marketing else category

    def _refuse(self, number: Number, to: str, outcome: Outcome) -> None:
        key = (number.phone_number_id, to)
        if key in self.world.blocked:
            self._count(130403)
        if self.world.options.pair_limit:
            moment = time.monotonic()
            free_at = max(self.pairs.get(key, 0.0), moment - PAIR_BURST * PAIR_SECONDS)
            if free_at > moment - PAIR_SECONDS:
                self._count(131056)
            self.pairs[key] = free_at + PAIR_SECONDS
        if outcome.refuse:
            self.tried[key] = self.tried.get(key, 0) + 1
            if not outcome.refuse_times or self.tried[key] <= outcome.refuse_times:
                self._count(outcome.refuse)

    def _count(self, code: int) -> None:
        self.world.ledger.refuse(code)
        wait = self.world.options.retry_after if code == self.world.options.refuse else 0
        raise GraphError(code, status=429 if wait else 0, retry_after=wait)

    def _accept(
        self,
        number: Number,
        who: tuple[str, str],
        body: dict[str, Any],
        what: tuple[dict[str, Any], str],
        outcome: Outcome,
    ) -> Reply:
        (to, user), (bubble, category) = who, what
        echo, wamid = str(body.get("biz_opaque_callback_data", "")), "wamid." + secrets.token_urlsafe(24)
        self.world.ledger.accept(number.phone_number_id, echo or wamid)
        wa_id, kind = short_form(to), str(body.get("type", "text"))
        self.life.accepted(Sent(number, wa_id, wamid, echo, kind, category, bubble, outcome))
        options, pick = self.world.options, self.world.random
        if outcome.silent or (options.silent_chance and pick.random() < options.silent_chance):
            return Reply(silent=True)
        if outcome.cut:
            return Reply(cut=True)
        if outcome.error_after or (options.error_chance and pick.random() < options.error_chance):
            raise GraphError(outcome.error_after or 131000)
        message = {"id": wamid}
        if kind == "template":
            message["message_status"] = "held_for_quality_assessment" if outcome.held else "accepted"
        contact = {"input": user or str(body["to"])}
        if not user:
            contact["wa_id"] = wa_id
        contact["user_id"] = user or self.world.user_id(wa_id)
        answer = {"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]}
        return Reply(body=json.dumps(answer, separators=(",", ":")).encode())

    def node(self, request: Request, object_id: str) -> dict[str, Any]:
        """`GET|POST|DELETE /{id}`: a file, a template, an account, or a number."""
        if object_id in self.world.media:
            return media.one(self.world, request, object_id)
        owner = next((waba for waba, of in self.world.templates.items() if object_id in of), "")
        if owner:
            self.account(owner, request.token)
            return templates.one(self.world, self.life, request, owner, object_id)
        if any(n.waba_id == object_id for n in self.world.numbers.values()):
            self.account(object_id, request.token)
            return accounts.account(request, object_id)
        return accounts.number(self, request, object_id)


Handler = Callable[..., dict[str, Any]]
ROUTES: tuple[tuple[tuple[str, ...], str, Handler], ...] = (
    (("GET",), r"debug_token", accounts.debug_token),
    (("GET",), r"oauth/access_token", accounts.access_token),
    (("GET",), r"(\d+)/message_templates", templates.listed),
    (("POST",), r"(\d+)/message_templates", templates.create),
    (("DELETE",), r"(\d+)/message_templates", templates.delete),
    (("POST",), r"(\d+)/unpause", templates.unpause),
    (("GET",), r"(\d+)/phone_numbers", accounts.phone_numbers),
    (("GET", "POST", "DELETE"), r"(\d+)/subscribed_apps", accounts.subscribed_apps),
    (("GET", "POST", "DELETE"), r"(\d+)/block_users", accounts.block_users),
    (("POST",), r"(\d+)/(?:register|deregister|request_code|verify_code)", accounts.succeed),
    (("POST",), r"(\d+)/media", media.upload),
    (("POST",), r"(\d+)/uploads", media.begin),
    (("GET", "POST"), r"(upload:\w+)", media.resume),
    (("GET", "POST", "DELETE"), r"(\d+)", Graph.node),
)
