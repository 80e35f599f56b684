"""What people see of the sandbox: `/phones`, the customers' phones, and `/`, what this is."""

from __future__ import annotations

import asyncio
import contextlib
import html
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from masteria.sandbox.life import Life
from masteria.sandbox.outcomes import MAGIC
from masteria.sandbox.world import Phone, World

ASSETS = Path(__file__).parent / "assets"
WORDS = {
    "pt": ("Simulação", "Nada do que acontece aqui sai deste computador.", "Celulares dos clientes", "Responda como cliente",
           "Enviar", "Nenhum celular ainda. Envie uma campanha no painel e ela aparece aqui.", "Escolha um celular"),
    "en": ("Simulation", "Nothing that happens here leaves this computer.", "Customers' phones", "Answer as the customer",
           "Send", "No phones yet. Send a campaign in the panel and it shows up here.", "Choose a phone"),
    "es": ("Simulación", "Nada de lo que pasa aquí sale de este ordenador.", "Teléfonos de los clientes",
           "Responde como cliente", "Enviar", "Aún no hay teléfonos. Envía una campaña en el panel y aparece aquí.", "Elige un teléfono"),
}  # fmt: skip
NAMES = ("mark", "promise", "title", "answer", "send", "empty", "choose")
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def answer(world: World, life: Life, path: str, scope: dict[str, Any], receive: Any, send: Send) -> None:
    """Pages, their two files, the stream of phones, and what a customer types."""
    if scope["method"] == "POST" and path == "/phones/say":
        await _say(world, life, receive, send)
    elif path == "/phones":
        await _html(send, _page("phones.html", _words(scope)))
    elif path == "/phones/stream":
        await _stream(world, send)
    elif path in ("/phones.css", "/phones.js"):
        kind = "text/css" if path.endswith("css") else "text/javascript"
        await _bytes(send, 200, (ASSETS / path[1:]).read_bytes(), kind)
    elif path == "/":
        await _html(send, _page("about.html", {**_words(scope), "rows": _magic()}))
    else:
        await _bytes(send, 404, b"Not here. Try /phones.", "text/plain")


async def _say(world: World, life: Life, receive: Any, send: Send) -> None:
    body = b""
    while True:
        event = await receive()
        body += event.get("body", b"")[:10_000]
        if not event.get("more_body"):
            break
    form = {k: v[0] for k, v in parse_qs(body.decode("utf-8", "replace")).items()}
    number, text = world.numbers.get(form.get("number", "")), form.get("text", "").strip()[:4096]
    if number is None or not text or not form.get("phone"):
        await _bytes(send, 422, b"A number, a phone and a text are needed.", "text/plain")
        return
    message: dict[str, Any] = {"type": "text", "text": {"body": text}}
    if form.get("button"):
        message = {
            "type": "button",
            "button": {"text": text, "payload": text},
            "context": {"from": "", "id": form["button"]},
        }
    life.customer_writes(number, form["phone"], message, text)
    await _bytes(send, 204, b"", "text/plain")


async def _stream(world: World, send: Send) -> None:
    """Server-sent events: all phones whenever something changed, at most four times a second."""
    headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    seen, spoke = -1, 0.0
    with contextlib.suppress(Exception):  # the reader went away
        while True:
            if seen != world.changed or time.monotonic() - spoke > 15:
                seen, spoke = world.changed, time.monotonic()
                phones = sorted(world.phones.values(), key=lambda p: -p.touched)[:60]
                line = f"data: {json.dumps([_phone(p) for p in phones])}\n\n"
                await send({"type": "http.response.body", "body": line.encode(), "more_body": True})
            await asyncio.sleep(0.25)


def _phone(phone: Phone) -> dict[str, Any]:
    return {
        "id": phone.wa_id,
        "number": phone.phone_number_id,
        "name": phone.name,
        "messages": list(phone.messages)[-30:],
        "touched": phone.touched,
    }


def _words(scope: dict[str, Any]) -> dict[str, str]:
    wanted = dict(scope["headers"]).get(b"accept-language", b"pt").decode("latin-1").lower()[:2]
    language = wanted if wanted in WORDS else "pt"
    return {"lang": {"pt": "pt-BR"}.get(language, language), **dict(zip(NAMES, WORDS[language], strict=True))}


def _magic() -> str:
    rows = (f"<tr><td><code>…{digits}</code></td><td>{html.escape(o.text)}</td></tr>" for digits, o in MAGIC.items())
    return "".join(rows)


def _page(name: str, words: dict[str, str]) -> str:
    text = (ASSETS / name).read_text(encoding="utf-8")
    for key, value in words.items():
        text = text.replace("{{" + key + "}}", value if key == "rows" else html.escape(value))
    return text


async def _html(send: Send, text: str) -> None:
    await _bytes(send, 200, text.encode(), "text/html; charset=utf-8")


async def _bytes(send: Send, status: int, body: bytes, kind: str) -> None:
    headers = [
        (b"content-type", kind.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-cache"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
