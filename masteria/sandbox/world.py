"""What the sandbox knows: business numbers, templates, the ledger of accepted messages, and the customers' phones."""

from __future__ import annotations

import hashlib
import json
import random
import secrets
import time
from array import array
from collections import OrderedDict, defaultdict, deque
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from masteria.sandbox import sample

PHONES_KEPT = 300
MESSAGES_KEPT = 60


@dataclass
class Options:
    """How the world behaves; every field can be changed while it runs (`POST /_sandbox/options`).

    Times are seconds, chances 0 to 1. `rate` is the throughput limit of a number (130429 above it), 0 for none.
    """

    latency: tuple[float, float] = (0.05, 0.15)
    rate: float = 0.0
    pair_limit: bool = False
    statuses: bool = True
    hold_statuses: bool = False
    status_delay: tuple[float, float] = (0.2, 2.0)
    read_chance: float = 0.7
    disorder: float = 0.0
    duplicates: float = 0.0
    error_chance: float = 0.0
    silent_chance: float = 0.0
    window_check: bool = False
    living: bool = False
    keep_phones: bool = True
    seed: int = 7


@dataclass
class Number:
    """A business number and where its webhooks go."""

    phone_number_id: str
    waba_id: str
    display_number: str
    access_token: str
    app_secret: str
    verify_token: str
    callback: str = ""
    name: str = "Aurora Café"
    quality: str = "GREEN"
    level: str = "STANDARD"


@dataclass
class Phone:
    """A customer's phone as it shows one business: bubbles both ways, newest last."""

    wa_id: str
    name: str
    phone_number_id: str
    messages: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=MESSAGES_KEPT))
    last_inbound: float = 0.0
    touched: float = 0.0


class Ledger:
    """Every accepted message by its echo (`biz_opaque_callback_data`): the truth about lost and doubled ones."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = defaultdict(int)
        self.times = array("d")
        self.refused: dict[int, int] = defaultdict(int)

    def accept(self, echo: str) -> None:
        self.counts[echo] += 1
        self.times.append(time.time())

    def worst(self, seconds: float) -> int:
        """The most messages accepted within any window of that length."""
        times, best, start = sorted(self.times), 0, 0
        for end, moment in enumerate(times):
            while moment - times[start] >= seconds:
                start += 1
            best = max(best, end - start + 1)
        return best

    def stats(self) -> dict[str, Any]:
        accepted = len(self.times)
        return {
            "accepted": accepted,
            "unique": len(self.counts),
            "duplicates": sum(n - 1 for n in self.counts.values()),
            "refused": {str(code): n for code, n in self.refused.items()},
            "first_at": min(self.times) if accepted else None,
            "last_at": max(self.times) if accepted else None,
            "worst_second": self.worst(1.0),
            "worst_100ms": self.worst(0.1),
        }


class World:
    """All state of one sandbox process."""

    def __init__(self, options: Options, callback: str = "", data: Path | None = None) -> None:
        self.options = options
        self.data = data
        self.random = random.Random(options.seed)
        self.numbers: dict[str, Number] = {}
        self.templates: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        self.media: dict[str, dict[str, Any]] = {}
        self.ledger = Ledger()
        self.phones: OrderedDict[tuple[str, str], Phone] = OrderedDict()
        self.changed = 0
        self.add_number(
            Number(
                sample.SAMPLE_PHONE_NUMBER_ID,
                sample.SAMPLE_WABA_ID,
                sample.SAMPLE_DISPLAY_NUMBER,
                sample.SAMPLE_ACCESS_TOKEN,
                sample.SAMPLE_APP_SECRET,
                sample.SAMPLE_VERIFY_TOKEN,
                callback,
            )
        )
        for template in sample.SAMPLE_TEMPLATES:
            self.add_template(sample.SAMPLE_WABA_ID, dict(template))
        self._load()

    def add_number(self, number: Number) -> None:
        self.numbers[number.phone_number_id] = number

    def add_template(self, waba_id: str, template: dict[str, Any]) -> dict[str, Any]:
        template.setdefault("id", str(700_000_000_000_000 + secrets.randbelow(10**9)))
        template.setdefault("status", "APPROVED")
        template.setdefault("parameter_format", "POSITIONAL")
        template.setdefault("quality_score", {"score": "UNKNOWN"})
        self.templates[waba_id][template["id"]] = template
        return template

    def find_template(self, waba_id: str, name: str, language: str) -> dict[str, Any] | None:
        found = self.templates[waba_id].values()
        return next((t for t in found if t["name"] == name and t["language"] == language), None)

    def phone(self, phone_number_id: str, wa_id: str, name: str = "") -> Phone:
        """The customer's phone, made when first used; the longest untouched one makes room."""
        key = (phone_number_id, wa_id)
        found = self.phones.get(key)
        if found is None:
            found = self.phones[key] = Phone(wa_id, name or _name(wa_id), phone_number_id)
            while len(self.phones) > PHONES_KEPT:
                self.phones.popitem(last=False)
        self.phones.move_to_end(key)
        return found

    def show(self, phone: Phone, message: dict[str, Any]) -> None:
        """Put a bubble on a phone."""
        phone.messages.append(message)
        phone.touched = time.time()
        self.changed += 1

    def save(self) -> None:
        """Keep the phones for the next start."""
        if self.data is None:
            return
        rows = [{**asdict(p), "messages": list(p.messages)} for p in self.phones.values()]
        rest = self.data.with_suffix(".part")
        rest.write_text(json.dumps(rows))
        rest.replace(self.data)

    def _load(self) -> None:
        if self.data is None or not self.data.exists():
            return
        for row in json.loads(self.data.read_text()):
            messages = deque(row.pop("messages"), maxlen=MESSAGES_KEPT)
            self.phones[(row["phone_number_id"], row["wa_id"])] = Phone(**row, messages=messages)


FIRST = (
    "Helena Otávio Marina Caio Beatriz Rafael Lívia Hugo Cecília Tomás Yasmin Davi Nádia Raí Sônia Bruno Íris".split()
)
LAST = "Duarte Lima Sá Rezende Nunes Teles Campos Brandão Moura Vidal Porto Queiroz Araújo Leão Távora Falcão".split()


def _name(wa_id: str) -> str:
    """A believable name, the same each time for the same number."""
    pick = random.Random(wa_id)
    return f"{pick.choice(FIRST)} {pick.choice(LAST)}"


def user_id(wa_id: str) -> str:
    """A business-scoped user id, the same each time for the same person."""
    return "BR." + hashlib.sha256(wa_id.encode()).hexdigest()[:18].upper()
