"""What happens after a message was taken: it arrives, statuses follow, people answer, templates are reviewed."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from masteria.sandbox.living import Living
from masteria.sandbox.outcomes import ORDINARY, outcome_of
from masteria.sandbox.postman import UPDATES_IN_BATCH, Postman
from masteria.sandbox.statuses import Bubble, Sent, Status, contact, review_change, status_item
from masteria.sandbox.world import Number, Phone, World

TICK = 0.1
SAVE_TICKS = 50
HELD_SECONDS = 3.0
WINDOW_SECONDS = 24 * 3600
TYPING_SECONDS = 25


class Life:
    """A heap of what is still to happen; each tenth of a second what is due goes out, one webhook a number."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.postman = Postman(world.options)
        self.living = Living(world, self)
        self.due: list[tuple[float, int, Status | Callable[[], None]]] = []
        self.order = itertools.count()
        self.held: list[Status] = []
        self.marketing: dict[tuple[str, str], int] = defaultdict(int)

    def plan(self, moment: float, what: Status | Callable[[], None]) -> None:
        """At that epoch second, tell a status or do something."""
        heapq.heappush(self.due, (moment, next(self.order), what))

    def accepted(self, sent: Sent) -> None:
        """A message was taken: plan its arrival and its statuses."""
        options = self.world.options
        if not options.statuses:
            if options.keep_phones:
                self._arrive(sent)
            return
        pick, code = self.world.random, self._failure(sent)
        moment = time.time() + (HELD_SECONDS if sent.outcome.held else 0)
        arrived = priced = False
        steps = ("failed",) if code and not sent.outcome.steps else self._steps(sent)
        for step in steps:
            moment += pick.uniform(*options.status_delay)
            if step in ("delivered", "read") and not arrived:
                arrived = True
                self.plan(moment, lambda: self._arrive(sent))
            wants_price = step == "sent" or (step != "failed" and not priced)
            priced = priced or (wants_price and step != "sent")
            status = Status(
                sent, step, moment, (code or sent.outcome.fail_code) if step == "failed" else 0, wants_price
            )
            late = pick.uniform(*options.status_delay) * 2 if pick.random() < options.disorder else 0
            self.plan(moment + late, status)
            if pick.random() < options.duplicates:
                self.plan(moment + late + pick.uniform(0, 1), status)
        if steps[-1] == "read":
            self.living.has_read(sent, moment)

    def review(self, waba_id: str, template: dict[str, Any], event: str = "", reason: str = "NONE") -> None:
        """Meta's decision on a template, after a while; by itself it approves unless the name asks otherwise."""
        refused = template["name"].endswith("_recusar")
        wanted = event or ("REJECTED" if refused else "APPROVED")
        why = "INVALID_FORMAT" if refused and not event else reason

        def decide() -> None:
            template["status"] = wanted
            template["rejected_reason"] = why
            number = next((n for n in self.world.numbers.values() if n.waba_id == waba_id), None)
            if number is not None:
                self.postman.post(number, [review_change(template, why)])

        self.plan(time.time() + self.world.options.review_delay, decide)

    def writes(self, phone: Phone, content: dict[str, Any], bubble: Bubble) -> str:
        """A customer writes in; returns the message's id. `content` is the message without its envelope."""
        number, pick = self.world.numbers[phone.phone_number_id], self.world.random
        wamid, user = f"wamid.{pick.getrandbits(160):040X}", self.world.user_id(phone.wa_id)
        outcome = outcome_of(phone.wa_id) if self.world.options.magic else ORDINARY
        self.world.wrote(phone)
        self.world.show(phone, {**bubble, "from": "customer", "at": time.time(), "id": wamid})
        message = {
            "from": phone.wa_id,
            "from_user_id": user,
            "id": wamid,
            "timestamp": str(int(time.time())),
            **content,
        }
        person = contact(self.world, phone.wa_id, phone.name, outcome)
        if outcome.hides_phone:
            del message["from"]
        self.postman.post(number, [self.postman.messages(number, contacts=[person], messages=[message])])
        return wamid

    def chooses(self, phone: Phone, bubble: Bubble, choice: dict[str, Any]) -> str:
        """A customer taps a button or a list's row of a business's message."""
        number = self.world.numbers[phone.phone_number_id]
        title, kind = choice["text"], choice.get("type", "list_reply")
        content: dict[str, Any] = {"context": {"from": number.digits, "id": bubble["id"]}}
        if kind == "quick_reply":
            content |= {"type": "button", "button": {"payload": choice["id"], "text": title}}
        else:
            reply = {"id": choice["id"], "title": title}
            if choice.get("description"):
                reply["description"] = choice["description"]
            content |= {"type": "interactive", "interactive": {"type": kind, kind: reply}}
        bubble["answered"] = title
        return self.writes(phone, content, {"text": title, "quoted": bubble["id"]})

    def prefers(self, phone: Phone, value: str) -> None:
        """A customer stops or resumes marketing in WhatsApp itself."""
        number, key = self.world.numbers[phone.phone_number_id], (phone.phone_number_id, phone.wa_id)
        (self.world.stopped.add if value == "stop" else self.world.stopped.discard)(key)
        who = {"wa_id": phone.wa_id, "user_id": self.world.user_id(phone.wa_id)}
        told = {**who, "category": "marketing_messages", "value": value, "timestamp": int(time.time())}
        metadata = {"display_phone_number": number.digits, "phone_number_id": number.phone_number_id}
        change = {"messaging_product": "whatsapp", "metadata": metadata, "contacts": [who], "user_preferences": [told]}
        self.postman.post(number, [{"field": "user_preferences", "value": change}])

    def seen(self, number: Number, wamid: str, typing: bool) -> bool:
        """The business read a customer's message, and perhaps types."""
        for (number_id, _), phone in reversed(self.world.phones.items()):
            if number_id != number.phone_number_id or all(m["id"] != wamid for m in phone.messages):
                continue
            for message in phone.messages:
                message["read"] = message.get("read") or message["from"] == "customer"
                if message["id"] == wamid:
                    break
            phone.typing_until = time.time() + TYPING_SECONDS if typing else phone.typing_until
            self.world.changed += 1
            return True
        return False

    def release(self) -> int:
        """Let go what was held back; returns how many statuses."""
        count = len(self.held)
        for status in self.held:
            self.plan(0, status)
        self.held.clear()
        return count

    def forget(self) -> None:
        self.due.clear()
        self.held.clear()
        self.marketing.clear()
        self.postman.forget()

    async def run(self) -> None:
        """For ever: what is due goes out, the phones are kept for the next start."""
        saved = self.world.changed
        for round_number in itertools.count(1):
            await asyncio.sleep(TICK)
            self._tick()
            if round_number % SAVE_TICKS == 0 and saved != self.world.changed:
                saved = self.world.changed
                self.world.save()

    def _steps(self, sent: Sent) -> tuple[str, ...]:
        if sent.outcome.steps:
            return sent.outcome.steps
        if sent.kind == "reaction":
            return ("sent",)
        pick, options = self.world.random, self.world.options
        if pick.random() >= options.read_chance:
            return ("sent", "delivered")
        return ("sent", "read") if pick.random() < options.skip_delivered else ("sent", "delivered", "read")

    def _failure(self, sent: Sent) -> int:
        """The code with which a taken message fails later, or 0."""
        options, key = self.world.options, (sent.number.phone_number_id, sent.wa_id)
        if sent.category.startswith("marketing"):
            if key in self.world.stopped:
                return 131050
            if options.marketing_cap:
                self.marketing[key] += 1
                if self.marketing[key] > options.marketing_cap:
                    return 131049
        free_form = sent.kind != "template" and options.window_check
        if free_form and time.time() - self.world.windows.get(key, 0.0) > WINDOW_SECONDS:
            return 131047
        return 0 if sent.wa_id else 131026

    def _arrive(self, sent: Sent) -> None:
        """The message shows up on the customer's phone."""
        if self.world.options.keep_phones:
            phone = self.world.phone(sent.number.phone_number_id, sent.wa_id)
            phone.typing_until = 0.0
            if sent.kind == "reaction":
                for message in phone.messages:
                    if message["id"] == sent.bubble["target"]:
                        message["reaction"] = sent.bubble["reaction"]
                self.world.changed += 1
            else:
                self.world.show(phone, {**sent.bubble, "from": "business", "at": time.time(), "id": sent.wamid})
        if sent.outcome.says:
            phone, text = self.world.phone(sent.number.phone_number_id, sent.wa_id), sent.outcome.says
            self.plan(
                time.time() + 1,
                lambda: void(self.writes(phone, {"type": "text", "text": {"body": text}}, {"text": text})),
            )

    def _tick(self) -> None:
        batches: dict[str, list[Status]] = defaultdict(list)
        moment = time.time()
        while self.due and self.due[0][0] <= moment:
            what = heapq.heappop(self.due)[2]
            if not isinstance(what, Status):
                what()
            elif self.world.options.hold_statuses:
                self.held.append(what)
            else:
                batches[what.sent.number.phone_number_id].append(what)
        for number_id, found in batches.items():
            for start in range(0, len(found), UPDATES_IN_BATCH):
                self._tell(self.world.numbers[number_id], found[start : start + UPDATES_IN_BATCH])

    def _tell(self, number: Number, found: list[Status]) -> None:
        """Failures apart: their change has no contacts."""
        failed = [status_item(self.world, s) for s in found if s.step == "failed"]
        good = [s for s in found if s.step != "failed"]
        people = {s.sent.wa_id: s.sent for s in good}
        changes: list[dict[str, Any]] = []
        if good:
            contacts = [contact(self.world, wa_id, "", sent.outcome) for wa_id, sent in people.items()]
            changes.append(
                self.postman.messages(number, contacts=contacts, statuses=[status_item(self.world, s) for s in good])
            )
        if failed:
            changes.append(self.postman.messages(number, statuses=failed))
        self.postman.post(number, changes)


def void(_: object) -> None:
    """For callbacks whose result nobody needs."""
