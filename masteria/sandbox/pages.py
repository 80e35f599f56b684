"""What people see of the sandbox: `/phones`, the customers' phones, and `/`, what this is and how it is steered."""

from __future__ import annotations

import asyncio
import html
import json
import time
from collections.abc import Coroutine
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from masteria.sandbox import mailbox, sample
from masteria.sandbox.http import Call, Exchange
from masteria.sandbox.life import Life
from masteria.sandbox.outcomes import MAGIC
from masteria.sandbox.world import Phone, World

ASSETS = Path(__file__).parent / "assets"
LANGUAGES = {"pt": "pt-BR", "en": "en", "es": "es"}
KINDS = {"html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
PICTURES = ("image/jpeg", "image/png", "image/webp")
LISTED, BUBBLES, OPEN_MOST, TEXT_MOST = 80, 40, 6, 4096
BEAT, QUIET = 0.25, 15.0
SAFE = (
    ("content-security-policy", "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'"),
    ("x-content-type-options", "nosniff"),
    ("cache-control", "no-cache"),
)


class Pages:
    """Plain pages, their files, the stream of phones, and what a person does on a customer's phone."""

    def __init__(self, world: World, life: Life) -> None:
        self.world = world
        self.life = life

    def answer(self, call: Call, exchange: Exchange) -> Coroutine[Any, Any, None] | None:
        """Reply at once, or give back the stream that goes on replying."""
        if call.path.startswith("/mailbox"):
            self._mailbox(call, exchange)
            return None
        name = call.path.removeprefix("/phones").removeprefix("/")
        if call.method == "POST":
            self._act(name, call, exchange)
        elif name == "stream":
            return self._stream(call, exchange)
        elif name in ("phones.css", "phones.js"):
            kind = KINDS[name.rpartition(".")[2]]
            exchange.reply(200, (ASSETS / name).read_bytes(), kind, SAFE)
        elif name.startswith("media/"):
            self._media(name.removeprefix("media/"), exchange)
        elif name == "":
            _page(exchange, "phones" if call.path.startswith("/phones") else "about", language_of(call), self.world)
        else:
            exchange.reply(404, b"Not here. Try /phones.", "text/plain")
        return None

    def _mailbox(self, call: Call, exchange: Exchange) -> None:
        language = language_of(call)
        if call.method != "GET":
            exchange.reply(404, b"", "text/plain")
        elif call.path == "/mailbox/state":
            exchange.reply(200, mailbox.state(self.world.mailbox), more=SAFE)
        else:
            mailbox.answer(self.world.mailbox, call, exchange, {**words(language), "lang": language}, SAFE)

    def _media(self, media_id: str, exchange: Exchange) -> None:
        found = self.world.media.get(media_id)
        if found is None or found.mime not in PICTURES:
            exchange.reply(404, b"", "text/plain")
        else:
            exchange.reply(200, found.content, found.mime, SAFE)

    def _act(self, name: str, call: Call, exchange: Exchange) -> None:
        """`say` a text, or `choose` a button or row of a message."""
        origin = call.headers.get("origin")
        if origin and origin.partition("://")[2] != call.headers.get("host"):
            exchange.reply(403, b"Only from this page.", "text/plain")
            return
        form = {k: v[0] for k, v in parse_qs(call.body.decode("utf-8", "replace")).items()}
        phone = self.world.phones.get(_parts(form.get("phone", "")))
        done = phone is not None and (self._say(phone, form) if name == "say" else self._choose(phone, form))
        if done:
            exchange.reply(204, b"", "text/plain")
        else:
            exchange.reply(422, b"A phone, and a text or a choice of one of its messages, are needed.", "text/plain")

    def _say(self, phone: Phone, form: dict[str, str]) -> bool:
        text = form.get("text", "").strip()[:TEXT_MOST]
        if text:
            self.life.writes(phone, {"type": "text", "text": {"body": text}}, {"text": text})
        return bool(text)

    def _choose(self, phone: Phone, form: dict[str, str]) -> bool:
        bubble = next((m for m in phone.messages if m["id"] == form.get("message")), None)
        buttons = (bubble or {}).get("buttons", [])
        choices = [*buttons, *(row for b in buttons for row in b.get("rows", []))]
        choice = next((c for c in choices if c.get("id") and c["id"] == form.get("choice")), None)
        if bubble is None or choice is None:
            return False
        self.life.chooses(phone, bubble, choice)
        return True

    async def _stream(self, call: Call, exchange: Exchange) -> None:
        """Server-sent events: the list and the open phones whenever something changed, at most four times a second."""
        query = call.query
        opened = [_parts(key) for key in query.get("open", "").split(",") if key][:OPEN_MOST]
        exchange.stream("text/event-stream")
        exchange.push(b"retry: 1000\n\n")
        seen, spoke, typing = -1, 0.0, False
        while exchange.is_open:
            changed = seen != self.world.changed or typing
            if changed and not exchange.is_clogged:
                seen, spoke = self.world.changed, time.monotonic()
                shown = self._shown(query.get("find", ""), opened)
                typing = any(phone["typing"] for phone in shown["open"])
                exchange.push(f"data: {json.dumps(shown)}\n\n".encode())
            elif time.monotonic() - spoke > QUIET:
                spoke = time.monotonic()
                exchange.push(b": still here\n\n")
            await asyncio.sleep(BEAT)

    def _shown(self, find: str, opened: list[tuple[str, str]]) -> dict[str, Any]:
        phones = sorted(self.world.phones.values(), key=lambda p: -p.touched)
        wanted = find.strip().casefold()
        if wanted:
            phones = [p for p in phones if wanted in p.name.casefold() or wanted in p.wa_id]
        found = [self.world.phones[key] for key in opened if key in self.world.phones]
        return {
            "total": len(self.world.phones),
            "phones": [_row(p) for p in phones[:LISTED]],
            "open": [self._open(p) for p in found],
        }

    def _open(self, phone: Phone) -> dict[str, Any]:
        number = self.world.numbers.get(phone.phone_number_id)
        return {
            "key": _key(phone),
            "name": phone.name,
            "business": number.name if number else "",
            "typing": phone.typing_until > time.time(),
            "messages": list(phone.messages)[-BUBBLES:],
        }


def _row(phone: Phone) -> dict[str, Any]:
    last = phone.messages[-1] if phone.messages else {}
    return {
        "key": _key(phone),
        "name": phone.name,
        "digits": phone.wa_id,
        "last": str(last.get("text", ""))[:80],
        "own": last.get("from") == "customer",
        "at": phone.touched,
    }


def _key(phone: Phone) -> str:
    return f"{phone.phone_number_id}-{phone.wa_id}"


def _parts(key: str) -> tuple[str, str]:
    number, _, wa_id = key.partition("-")
    return number, wa_id


def language_of(call: Call) -> str:
    for wanted in call.headers.get("accept-language", "").lower().split(","):
        if wanted.strip()[:2] in LANGUAGES:
            return LANGUAGES[wanted.strip()[:2]]
    return "pt-BR"


@cache
def words(language: str) -> dict[str, str]:
    """The message file of a language."""
    return json.loads((ASSETS / "words" / f"{language}.json").read_text(encoding="utf-8"))


def _page(exchange: Exchange, name: str, language: str, world: World) -> None:
    said = words(language)
    text = (ASSETS / f"{name}.html").read_text(encoding="utf-8")
    for key, value in {**said, "lang": language}.items():
        text = text.replace("{{" + key + "}}", html.escape(value))
    blocks = {"words": json.dumps(said, ensure_ascii=False), "magic": _magic(said), "sample": _sample()}
    text = text.replace("{{{words}}}", html.escape(blocks["words"]))
    text = text.replace("{{{magic}}}", blocks["magic"]).replace("{{{sample}}}", blocks["sample"])
    exchange.reply(200, text.encode(), "text/html; charset=utf-8", SAFE)


def _magic(said: dict[str, str]) -> str:
    rows = (f"<tr><th><code>…{d}</code></th><td>{html.escape(said[f'magic_{d}'])}</td></tr>" for d in sorted(MAGIC))
    return "".join(rows)


def _sample() -> str:
    found = {
        "phone_number_id": sample.SAMPLE_PHONE_NUMBER_ID,
        "WABA": sample.SAMPLE_WABA_ID,
        "access token": sample.SAMPLE_ACCESS_TOKEN,
        "app secret": sample.SAMPLE_APP_SECRET,
        "verify token": sample.SAMPLE_VERIFY_TOKEN,
    }
    return "".join(f"<tr><th>{name}</th><td><code>{value}</code></td></tr>" for name, value in found.items())
