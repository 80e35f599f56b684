"""What the sandbox knows: business numbers and their tokens, templates, media, and the customers' phones."""

from __future__ import annotations

import hashlib
import json
import logging
import random
import time
from collections import OrderedDict, defaultdict, deque
from dataclasses import dataclass, field, fields
from itertools import islice
from typing import Any

from masteria.sandbox import sample
from masteria.sandbox.errors import GraphError
from masteria.sandbox.ledger import Ledger
from masteria.sandbox.mailbox import Mailbox
from masteria.sandbox.options import SandboxOptions

log = logging.getLogger("masteria.sandbox")
PHONES_KEPT = 300
MESSAGES_KEPT = 60
USERS_KEPT = 50_000
MEDIA_KEPT = 256 * 1024 * 1024
FIRST_TEMPLATE_ID = 700_000_000_000_001


@dataclass
class Number:
    """A business number and where its webhooks go. `rate` 0 means the sandbox's own."""

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
    rate: float = 0.0
    allowed: list[str] = field(default_factory=list[str])
    """Test number: only these may be written to (131030 for others); empty for everybody."""
    subscribed: bool = True

    @property
    def digits(self) -> str:
        return "".join(c for c in self.display_number if c.isdigit())


@dataclass
class Phone:
    """A customer's phone as it shows one business: bubbles both ways, newest last."""

    wa_id: str
    name: str
    phone_number_id: str
    messages: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=MESSAGES_KEPT))
    last_inbound: float = 0.0
    touched: float = 0.0
    typing_until: float = 0.0


@dataclass
class Media:
    """An uploaded file, and the token of the number it was uploaded for."""

    content: bytes
    mime: str
    name: str
    token: str


class World:
    """All state of one sandbox process, bounded."""

    def __init__(self, options: SandboxOptions) -> None:
        self.options = options
        self.random = random.Random(options.seed)
        self.numbers: dict[str, Number] = {}
        self.tokens: dict[str, set[str]] = defaultdict(set)
        self.revoked: set[str] = set()
        self.templates: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        self.names: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.media: OrderedDict[str, Media] = OrderedDict()
        self.ledger = Ledger()
        self.mailbox = Mailbox()
        self.phones: OrderedDict[tuple[str, str], Phone] = OrderedDict()
        self.users: OrderedDict[str, str] = OrderedDict()
        self.windows: OrderedDict[tuple[str, str], float] = OrderedDict()
        self.people: OrderedDict[str, str] = OrderedDict()
        self.stopped: set[tuple[str, str]] = set()
        self.blocked: set[tuple[str, str]] = set()
        self.changed = 0
        self._sample()
        _load(self)

    def _sample(self) -> None:
        known = (sample.SAMPLE_PHONE_NUMBER_ID, sample.SAMPLE_WABA_ID, sample.SAMPLE_DISPLAY_NUMBER)
        secret = (sample.SAMPLE_ACCESS_TOKEN, sample.SAMPLE_APP_SECRET, sample.SAMPLE_VERIFY_TOKEN)
        self.add_number(Number(*known, *secret, callback=self.options.callback))
        for template in sample.SAMPLE_TEMPLATES:
            self.add_template(sample.SAMPLE_WABA_ID, dict(template))

    def add_number(self, number: Number) -> None:
        self.numbers[number.phone_number_id] = number
        self.tokens[number.access_token].add(number.phone_number_id)

    def add_template(self, waba_id: str, template: dict[str, Any]) -> dict[str, Any]:
        count = sum(len(of) for of in self.templates.values())
        template.setdefault("id", str(FIRST_TEMPLATE_ID + count))
        while template["id"] in self.templates[waba_id]:
            template["id"] = str(int(template["id"]) + 1)
        template.setdefault("status", "APPROVED")
        template.setdefault("category", "UTILITY")
        template.setdefault("parameter_format", "POSITIONAL")
        template.setdefault("quality_score", {"score": "UNKNOWN"})
        old = self.find_template(waba_id, template["name"], template["language"])
        if old is not None:
            self.templates[waba_id].pop(old["id"], None)
        self.templates[waba_id][template["id"]] = template
        self.names[waba_id, template["name"], template["language"]] = template
        return template

    def drop_template(self, waba_id: str, template: dict[str, Any]) -> None:
        del self.templates[waba_id][template["id"]]
        self.names.pop((waba_id, template["name"], template["language"]), None)

    def find_template(self, waba_id: str, name: str, language: str) -> dict[str, Any] | None:
        return self.names.get((waba_id, name, language))

    def add_media(self, media: Media) -> str:
        """Its new id; the oldest files make room."""
        media_id = str(900_000_000_000_000 + self.random.randrange(10**12))
        self.media[media_id] = media
        while sum(len(m.content) for m in self.media.values()) > MEDIA_KEPT and len(self.media) > 1:
            self.media.popitem(last=False)
        return media_id

    def owned(self, token: str) -> set[str]:
        """The phone number ids a token may use, or `GraphError` 190."""
        if token in self.revoked:
            raise GraphError(190, "Error validating access token: Session has expired.", subcode=463)
        if token not in self.tokens:
            raise GraphError(190, "Invalid OAuth access token - Cannot parse access token")
        return self.tokens[token]

    def may_fetch(self, token: str, media: Media) -> bool:
        """Whether a token belongs to the number that the file was uploaded for."""
        owned = self.tokens.get(token, set()) if token not in self.revoked else set[str]()
        return any(self.numbers[n].access_token == media.token for n in owned if n in self.numbers)

    def phone(self, phone_number_id: str, wa_id: str, name: str = "") -> Phone:
        """The customer's phone, made when first used; the longest untouched one makes room."""
        key = (phone_number_id, wa_id)
        found = self.phones.get(key)
        if found is None:
            found = self.phones[key] = Phone(wa_id, name or self.people.get(wa_id) or _name(wa_id), phone_number_id)
            self._make_room()
        self.phones.move_to_end(key)
        return found

    def call_them(self, names: dict[str, str]) -> None:
        """Give people (by number) their names, so that phones show who the panel thinks they are."""
        for number, name in names.items():
            wa_id = short_form("".join(c for c in number if c.isdigit()))
            self.people[wa_id] = str(name)[:100]
            for phone in (self.phones.get((n, wa_id)) for n in self.numbers):
                if phone is not None:
                    phone.name = self.people[wa_id]
        while len(self.people) > USERS_KEPT:
            self.people.popitem(last=False)

    def _make_room(self) -> None:
        """The longest untouched phone goes, rather one on which nobody wrote."""
        while len(self.phones) > PHONES_KEPT:
            oldest = list(islice(self.phones.items(), 50))
            silent = (key for key, phone in oldest if not phone.last_inbound)
            del self.phones[next(silent, oldest[0][0])]

    def show(self, phone: Phone, message: dict[str, Any]) -> None:
        """Put a bubble on a phone."""
        phone.messages.append(message)
        phone.touched = time.time()
        self.changed += 1

    def wrote(self, phone: Phone) -> None:
        """The person wrote just now: their 24 hours begin again."""
        phone.last_inbound = self.windows[phone.phone_number_id, phone.wa_id] = time.time()
        if len(self.windows) > USERS_KEPT:
            self.windows.popitem(last=False)

    def user_id(self, wa_id: str) -> str:
        """The person's business-scoped user id, the same each time; remembered, so that one can write to it."""
        found = user_id(wa_id)
        self.users[found] = wa_id
        if len(self.users) > USERS_KEPT:
            self.users.popitem(last=False)
        return found

    def save(self) -> None:
        """Keep phones, made templates and registered numbers for the next start."""
        if self.options.data is None:
            return
        known = {t["name"] for t in sample.SAMPLE_TEMPLATES}
        kept = {
            "phones": [{**vars(p), "messages": list(p.messages)} for p in self.phones.values()],
            "people": self.people,
            "numbers": [vars(n) for n in self.numbers.values() if n.phone_number_id != sample.SAMPLE_PHONE_NUMBER_ID],
            "templates": {
                waba: [t for t in of.values() if waba != sample.SAMPLE_WABA_ID or t["name"] not in known]
                for waba, of in self.templates.items()
            },
        }
        part = self.options.data.with_suffix(".part")
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(kept), encoding="utf-8")
        part.replace(self.options.data)


def number_from(wanted: dict[str, Any]) -> Number:
    """A number from the fields of a request, or `GraphError` naming the wrong one."""
    known = {f.name for f in fields(Number)}
    if strange := wanted.keys() - known:
        raise GraphError(100, f"A number has no field {min(strange)}.")
    needed = ("phone_number_id", "waba_id", "display_number", "access_token", "app_secret", "verify_token")
    if missing := [n for n in needed if not wanted.get(n)]:
        raise GraphError(131008, f"A number needs {missing[0]}.")
    return Number(**wanted)


def _load(world: World) -> None:
    path = world.options.data
    if path is None or not path.exists():
        return
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        world.people.update(kept.get("people", {}))
        for row in kept["numbers"]:
            world.add_number(Number(**row))
        for waba, of in kept["templates"].items():
            for template in of:
                world.add_template(waba, template)
        for row in kept["phones"]:
            row["messages"] = deque(row["messages"], maxlen=MESSAGES_KEPT)
            phone = world.phones[row["phone_number_id"], row["wa_id"]] = Phone(**row)
            world.windows[phone.phone_number_id, phone.wa_id] = phone.last_inbound
    except (ValueError, KeyError, TypeError, AttributeError):
        log.warning("%s cannot be read; the phones start empty", path.name)


FIRST = (
    "Helena", "Otávio", "Marina", "Caio", "Beatriz", "Rafael", "Lívia", "Hugo", "Cecília", "Tomás", "Yasmin",
    "Davi", "Nádia", "Raí", "Sônia", "Bruno", "Íris", "Joana", "Murilo", "Elisa", "Vicente", "Tainá", "Breno",
    "Clarice", "Joaquim", "Rita", "Ícaro", "Mirela", "Nelson", "Olívia", "Pedro", "Rosana", "Saulo", "Teresa",
    "Ulisses", "Valéria", "Wagner", "Zélia",
)  # fmt: skip
LAST = (
    "Duarte", "Lima", "Sá", "Rezende", "Nunes", "Teles", "Campos", "Brandão", "Moura", "Vidal", "Porto",
    "Queiroz", "Araújo", "Leão", "Távora", "Falcão", "Siqueira", "Prado", "Bastos", "Coelho", "Dias", "Esteves",
    "Furtado", "Guerra", "Hora", "Junqueira", "Lacerda", "Maia", "Neves", "Otero", "Peixoto", "Ramos", "Salles",
    "Torres", "Uchoa", "Viana",
)  # fmt: skip


def _name(wa_id: str) -> str:
    """A believable name, the same each time for the same number."""
    pick = random.Random(wa_id)
    return f"{pick.choice(FIRST)} {pick.choice(LAST)}"


def user_id(wa_id: str) -> str:
    """A business-scoped user id, the same each time for the same person."""
    return "BR." + hashlib.sha256(wa_id.encode()).hexdigest()[:18].upper()


def short_form(digits: str) -> str:
    """WhatsApp's own id for a Brazilian mobile of area code 31 or above often lacks the ninth digit."""
    if len(digits) == 13 and digits.startswith("55") and digits[4] == "9" and int(digits[2:4]) >= 31:
        return digits[:4] + digits[5:]
    return digits
