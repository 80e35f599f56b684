"""What tests, benches and demos ask of the sandbox itself, under `/_sandbox/`. The page `/` lists it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from masteria.sandbox.errors import GraphError
from masteria.sandbox.graph import Graph
from masteria.sandbox.http import Call
from masteria.sandbox.ledger import Ledger
from masteria.sandbox.life import Life
from masteria.sandbox.oauth_pages import Providers
from masteria.sandbox.shapes import loaded, part
from masteria.sandbox.world import Number, Phone, World, number_from

Answer = dict[str, Any]


class Control:
    """Each public method is an endpoint; its argument is the JSON body, or the query of a GET."""

    def __init__(self, world: World, life: Life, graph: Graph, providers: Providers) -> None:
        self.world = world
        self.life = life
        self.graph = graph
        self.providers = providers

    def find(self, method: str, name: str) -> Callable[[Answer], Answer | Awaitable[Answer]]:
        found = CONTROLS.get((method, name))
        if found is None:
            raise GraphError(100, f"There is no {method} /_sandbox/{name}.", status=404)
        return getattr(self, found)

    def stats(self, _: Answer) -> Answer:
        counts = self.life.postman.counts
        waiting = {"waiting": len(self.life.postman.tasks), "due": len(self.life.due), "held": len(self.life.held)}
        return {**self.world.ledger.stats(), "webhooks": {**counts, **waiting}}

    def accepted(self, wanted: Answer) -> Answer:
        """Echo → how often accepted; `since` (epoch seconds) and `phone_number_id` narrow it."""
        try:
            since = float(wanted.get("since") or 0)
        except ValueError:
            raise GraphError(100, "since must be epoch seconds.") from None
        return {"data": self.world.ledger.since(since, wanted.get("phone_number_id", ""))}

    def refused(self, _: Answer) -> Answer:
        """When messages were refused, epoch seconds; the last ten thousand."""
        return {"data": list(self.world.ledger.refused_at)}

    def mail(self, wanted: Answer) -> Answer:
        """The letters that came, the newest first; `to` narrows it to one address."""
        return {"data": self.world.mailbox.to(str(wanted.get("to", "")))}

    def reset(self, _: Answer) -> Answer:
        """Counts, phones and what is still to happen are gone; numbers, templates and options stay."""
        self.world.ledger = Ledger()
        for kept in (self.world.phones, self.world.windows, self.world.stopped, self.world.blocked):
            kept.clear()
        self.world.mailbox.letters.clear()
        self.graph.forget()
        self.life.forget()
        self.world.changed += 1
        return {"success": True}

    def options(self, wanted: Answer) -> Answer:
        return self.world.options.change(wanted)

    def release(self, _: Answer) -> Answer:
        return {"released": self.life.release()}

    def numbers(self, wanted: Answer) -> Answer:
        self.world.add_number(number_from(wanted))
        return {"success": True}

    def templates(self, wanted: Answer) -> Answer:
        """Put a template there as it is, without review; the same name and language is replaced."""
        for name in ("waba_id", "name", "language", "components"):
            if not wanted.get(name):
                raise GraphError(131008, f"A template needs {name}.")
        return self.world.add_template(wanted.pop("waba_id"), wanted)

    def decide(self, wanted: Answer) -> Answer:
        """Meta decides on a template: PAUSED, DISABLED, APPROVED, REJECTED …, with its webhook."""
        for waba_id, of in self.world.templates.items():
            if wanted.get("id") in of:
                self.life.review(waba_id, of[wanted["id"]], wanted["status"], wanted.get("reason", "NONE"))
                return {"success": True}
        raise GraphError(100, "There is no such template.")

    def tokens(self, wanted: Answer) -> Answer:
        """Expire a token, or let it work again."""
        change = self.world.revoked.discard if wanted.get("is_valid") else self.world.revoked.add
        change(str(wanted.get("access_token", "")))
        return {"success": True}

    def inbound(self, wanted: Answer) -> Answer:
        """A customer writes in: `text`, or a whole `message` as Meta would send it without its envelope."""
        phone = self._phone(wanted)
        phone.name = str(wanted.get("name") or phone.name)
        text = str(wanted.get("text") or "")
        message = wanted.get("message") or {"type": "text", "text": {"body": text}}
        return {"id": self.life.writes(phone, message, {"text": text or f"[{message.get('type')}]"})}

    def preference(self, wanted: Answer) -> Answer:
        """A customer stops or resumes marketing in WhatsApp itself."""
        if wanted.get("value") not in ("stop", "resume"):
            raise GraphError(131009, "value must be stop or resume.")
        self.life.prefers(self._phone(wanted), wanted["value"])
        return {"success": True}

    def people(self, wanted: Answer) -> Answer:
        """Names by number, as the panel knows them."""
        self.world.call_them(part(wanted.get("names")))
        return {"success": True}

    def logins(self, wanted: Answer) -> Answer:
        """Who the providers of logins know; with a `sub`, somebody more."""
        return self.providers.vouchers.add(wanted) if wanted else self.providers.listed(wanted)

    def faults(self, wanted: Answer) -> Answer:
        return self.providers.vouchers.break_tokens(wanted)

    async def handshake(self, wanted: Answer) -> Answer:
        number = self._number(wanted)
        if not number.callback:
            raise GraphError(100, "This number has no callback.")
        status, echoed = await self.life.postman.handshake(number)
        return {"status": status, "echoed": echoed}

    def _number(self, wanted: Answer) -> Number:
        found = self.world.numbers.get(str(wanted.get("phone_number_id", "")))
        if found is None:
            raise GraphError(100, "There is no such phone_number_id.", subcode=33)
        return found

    def _phone(self, wanted: Answer) -> Phone:
        digits = re.sub(r"\D", "", str(wanted.get("from", "")))
        if not digits:
            raise GraphError(131008, "The parameter from is required.")
        return self.world.phone(self._number(wanted).phone_number_id, digits)


CONTROLS = {
    ("GET", "stats"): "stats",
    ("GET", "accepted"): "accepted",
    ("GET", "refused"): "refused",
    ("GET", "logins"): "logins",
    ("GET", "mail"): "mail",
    **{
        ("POST", name): name
        for name in (
            *("reset", "options", "release", "numbers", "templates", "decide", "tokens"),
            *("inbound", "preference", "people", "handshake", "logins", "faults"),
        )
    },
}


def argument(call: Call) -> Answer:
    """The JSON body of a POST or the query of a GET."""
    if call.method == "GET":
        return call.query
    return loaded(call.body or b"{}")
