"""What happens after a message was taken: statuses, answers, template reviews, and the signed webhooks that tell."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import heapq
import itertools
import json
import logging
import time
from collections import defaultdict
from typing import Any

import httpx

from masteria.sandbox.errors import status_errors
from masteria.sandbox.outcomes import Outcome
from masteria.sandbox.world import Number, World, user_id

log = logging.getLogger("masteria.sandbox")
BATCH = 500
TICK = 0.1
RETRY_SECONDS = (1, 2, 5, 10, 30, 60, 120)
ANSWERS = (
    "Oi! Quero ver sim 😊",
    "Qual o valor?",
    "Vocês abrem hoje até que horas?",
    "Que legal, pode mandar as fotos",
    "Obrigada!",
    "Agora não, mas volto a chamar",
    "Fazem entrega no centro?",
    "Pode separar um pra mim",
    "Amei a novidade",
    "Tem sem lactose?",
)
Event = tuple[float, int, Number, dict[str, Any]]


class Life:
    """A heap of what is still to happen, emptied every tenth of a second into one webhook a number."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.due: list[Event] = []
        self.order = itertools.count()
        self.held: list[Event] = []
        self.last_answer = 0.0
        self.tasks: set[asyncio.Task[None]] = set()
        self.delivered = 0
        self.undelivered = 0

    def accepted(
        self, number: Number, wa_id: str, wamid: str, echo: str, body: dict[str, Any], text: str, outcome: Outcome
    ) -> None:
        """A message was taken: put it on the phone and plan its statuses."""
        options = self.world.options
        if options.keep_phones:
            self._show(number, wa_id, wamid, body, text)
        if not options.statuses:
            return
        pick, moment = self.world.random, time.time()
        base = {"id": wamid, "recipient_id": wa_id, "biz_opaque_callback_data": echo}
        if not echo:
            del base["biz_opaque_callback_data"]
        category = self._category(number, body)
        steps = ["failed"] if outcome.fail_later else ["sent"] if outcome.only_sent else ["sent", "delivered"]
        if steps[-1] == "delivered" and pick.random() < options.read_chance:
            steps.append("read")
        for step in steps:
            moment += pick.uniform(*options.status_delay)
            self._plan(number, moment, _status(base, step, category, outcome.fail_later))
        if options.living and steps[-1] == "read" and moment - self.last_answer > 4 and pick.random() < 0.25:
            self.last_answer = moment + pick.uniform(2, 9)
            self._plan(number, self.last_answer, {"answer": (wa_id, pick.choice(ANSWERS), wamid)})

    def review(self, waba_id: str, template: dict[str, Any]) -> None:
        """Meta looks at a new template; here it takes two seconds."""
        number = next((n for n in self.world.numbers.values() if n.waba_id == waba_id), None)
        if number is not None:
            self._plan(number, time.time() + 2, {"review": template})

    def customer_writes(self, number: Number, wa_id: str, message: dict[str, Any], bubble: str) -> str:
        """A customer writes in; returns the message's id."""
        wamid = "wamid." + hashlib.sha256(f"{wa_id}{time.time_ns()}".encode()).hexdigest()[:32]
        phone = self.world.phone(number.phone_number_id, wa_id)
        phone.last_inbound = time.time()
        self.world.show(phone, {"from": "customer", "text": bubble, "at": time.time(), "id": wamid})
        message = {
            "from": wa_id,
            "from_user_id": user_id(wa_id),
            "id": wamid,
            "timestamp": str(int(time.time())),
            **message,
        }
        contact = {"profile": {"name": phone.name}, "wa_id": wa_id, "user_id": user_id(wa_id)}
        self._send_soon(number, {"contacts": [contact], "messages": [message]})
        return wamid

    def release(self) -> int:
        """Let go what was held back; returns how many statuses."""
        count = len(self.held)
        for event in self.held:
            heapq.heappush(self.due, event)
        self.held.clear()
        return count

    async def run(self) -> None:
        """For ever: what is due goes out, the phones are kept for the next start."""
        saved = self.world.changed
        for round_number in itertools.count(1):
            await asyncio.sleep(TICK)
            self._tick()
            if round_number % 50 == 0 and saved != self.world.changed:
                saved = self.world.changed
                self.world.save()

    def _tick(self) -> None:
        batches: dict[str, list[dict[str, Any]]] = defaultdict(list)
        while self.due and self.due[0][0] <= time.time():
            event = heapq.heappop(self.due)
            _, _, number, item = event
            if "answer" in item:
                wa_id, text, quoted = item["answer"]
                content = {"type": "text", "text": {"body": text}, "context": {"from": "", "id": quoted}}
                self.customer_writes(number, wa_id, content, text)
            elif "review" in item:
                item["review"]["status"] = "APPROVED"
                self._send_soon(number, _review(item["review"]), "message_template_status_update")
            elif self.world.options.hold_statuses:
                self.held.append(event)
            else:
                self._mark(number, item)
                batches[number.phone_number_id].append(item)
        for number_id, statuses in batches.items():
            self._deliver(self.world.numbers[number_id], statuses)

    def _deliver(self, number: Number, statuses: list[dict[str, Any]]) -> None:
        options, pick = self.world.options, self.world.random
        again = [s for s in statuses if pick.random() < options.duplicates]
        statuses = statuses + again
        if options.disorder and pick.random() < options.disorder:
            pick.shuffle(statuses)
        for start in range(0, len(statuses), BATCH):
            self._send_soon(number, {"statuses": statuses[start : start + BATCH]})

    def _plan(self, number: Number, moment: float, item: dict[str, Any]) -> None:
        heapq.heappush(self.due, (moment, next(self.order), number, item))

    def _show(self, number: Number, wa_id: str, wamid: str, body: dict[str, Any], text: str) -> None:
        phone = self.world.phone(number.phone_number_id, wa_id)
        bubble = {"from": "business", "text": text, "at": time.time(), "id": wamid, "status": "accepted"}
        if body.get("type") == "template":
            bubble["buttons"] = self._buttons(number, body["template"])
        self.world.show(phone, bubble)

    def _buttons(self, number: Number, content: dict[str, Any]) -> list[str]:
        template = self.world.find_template(number.waba_id, content["name"], content["language"]["code"]) or {}
        buttons = [b for c in template.get("components", []) if c["type"] == "BUTTONS" for b in c["buttons"]]
        return [b["text"] for b in buttons if b["type"] == "QUICK_REPLY"]

    def _mark(self, number: Number, status: dict[str, Any]) -> None:
        phone = self.world.phones.get((number.phone_number_id, status["recipient_id"]))
        for message in phone.messages if phone else ():
            if message["id"] == status["id"]:
                message["status"] = status["status"]
                self.world.changed += 1

    def _category(self, number: Number, body: dict[str, Any]) -> str:
        if body.get("type") != "template":
            return "service"
        content = body["template"]
        found = self.world.find_template(number.waba_id, content["name"], content["language"]["code"])
        return str((found or {}).get("category", "utility")).lower()

    def _send_soon(self, number: Number, value: dict[str, Any], field: str = "messages") -> None:
        if not number.callback:
            return
        if field == "messages":
            digits = "".join(c for c in number.display_number if c.isdigit())
            metadata = {"display_phone_number": digits, "phone_number_id": number.phone_number_id}
            value = {"messaging_product": "whatsapp", "metadata": metadata, **value}
        change = {"field": field, "value": value}
        entry = {"id": number.waba_id, "time": int(time.time()), "changes": [change]}
        raw = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
        task = asyncio.get_running_loop().create_task(self._post(number, raw))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _post(self, number: Number, raw: bytes) -> None:
        """The whole batch again, with growing gaps, until it is taken."""
        signature = "sha256=" + hmac.new(number.app_secret.encode(), raw, hashlib.sha256).hexdigest()
        headers = {"content-type": "application/json", "x-hub-signature-256": signature}
        async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
            for wait in RETRY_SECONDS:
                try:
                    answer = await client.post(number.callback, content=raw, headers=headers)
                    if answer.status_code == 200:
                        self.delivered += 1
                        return
                    log.info("webhook answered %s, again in %s s", answer.status_code, wait)
                except httpx.HTTPError as error:
                    log.info("webhook not reached (%s), again in %s s", error, wait)
                await asyncio.sleep(wait)
        self.undelivered += 1


def _status(base: dict[str, Any], status: str, category: str, code: int) -> dict[str, Any]:
    found = {**base, "status": status, "timestamp": str(int(time.time()))}
    if status == "failed":
        return {**found, "errors": status_errors(code)}
    kind = "free_customer_service" if category == "service" else "regular"
    pricing = {"billable": kind == "regular", "pricing_model": "PMP", "type": kind, "category": category}
    return {**found, "recipient_user_id": user_id(base["recipient_id"]), "pricing": pricing}


def _review(template: dict[str, Any]) -> dict[str, Any]:
    return {
        "event": template["status"],
        "message_template_id": int(template["id"]),
        "message_template_name": template["name"],
        "message_template_language": template["language"],
        "reason": "NONE",
    }
