"""Everybody's mailbox: a real SMTP server that takes whatever is sent to anyone, and `/mailbox`, where it is read."""

from __future__ import annotations

import asyncio
import html
import json
import logging
import re
import time
from collections import deque
from dataclasses import asdict, dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession

from masteria.sandbox.http import Call, Exchange

ASSETS = Path(__file__).parent / "assets"
KEPT = 200
LARGEST = 1_000_000
FILES = {"mailbox.css": "text/css; charset=utf-8", "mailbox.js": "text/javascript; charset=utf-8"}
_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as it came; `links` are the addresses in its text."""

    id: int
    at: float
    to: str
    sender: str
    subject: str
    text: str
    links: list[str]


class Mailbox:
    """The last two hundred letters, the newest first. Its `handle_…` are what the SMTP server calls."""

    def __init__(self) -> None:
        self.letters: deque[Letter] = deque(maxlen=KEPT)
        self._count = 0

    async def handle_DATA(self, server: SMTP, session: SmtpSession, envelope: Envelope) -> str:
        """Each person written to finds a letter of their own."""
        message = cast(EmailMessage, message_from_bytes(cast(bytes, envelope.content), policy=policy.default))
        part = message.get_body(("plain", "html"))
        text = str(part.get_content()).strip() if part else ""
        for to in envelope.rcpt_tos:
            self._count += 1
            found = (str(message["from"] or ""), str(message["subject"] or ""), text, _LINK.findall(text))
            self.letters.appendleft(Letter(self._count, time.time(), str(to), *found))
        return "250 Taken"

    def to(self, address: str) -> list[dict[str, Any]]:
        """The letters to this address, or to everybody."""
        return [asdict(letter) for letter in self.letters if address in ("", letter.to)]

    def find(self, number: str) -> Letter | None:
        return next((letter for letter in self.letters if str(letter.id) == number), None)


async def listen(mailbox: Mailbox, host: str, port: int) -> asyncio.Server:
    """The post office; `OSError` when the port is taken."""
    logging.getLogger("mail.log").setLevel("WARNING")  # it would tell every line, links included
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: SMTP(mailbox, hostname="sandbox", loop=loop, enable_SMTPUTF8=True, data_size_limit=LARGEST), host, port
    )


def answer(mailbox: Mailbox, call: Call, exchange: Exchange, said: dict[str, str], safe: Any) -> None:
    """The page, its files, and the part of it that changes."""
    name = call.path.removeprefix("/mailbox").removeprefix("/")
    if name in FILES:
        exchange.reply(200, (ASSETS / name).read_bytes(), FILES[name], safe)
    elif name:
        exchange.reply(404, b"Not here. Try /mailbox.", "text/plain")
    else:
        exchange.reply(200, _page(mailbox, call, said).encode(), "text/html; charset=utf-8", safe)


def _page(mailbox: Mailbox, call: Call, said: dict[str, str]) -> str:
    opened = mailbox.find(call.query.get("letter", ""))
    text = (ASSETS / "mailbox.html").read_text(encoding="utf-8")
    for key, value in said.items():
        text = text.replace("{{" + key + "}}", html.escape(value))
    rows = "".join(_row(letter, opened) for letter in mailbox.letters)
    text = text.replace("{{{state}}}", "reading" if opened else "list")
    text = text.replace("{{{rows}}}", rows or f'<li class="none">{html.escape(said["mailbox_empty"])}</li>')
    # last, since it holds what others wrote: nothing in it is a placeholder any more
    return text.replace("{{{letter}}}", _open(opened, said) if opened else _closed(said))


def _row(letter: Letter, opened: Letter | None) -> str:
    current = ' aria-current="true"' if opened and opened.id == letter.id else ""
    return (
        f'<li><a href="/mailbox?letter={letter.id}"{current}><b>{_plain(letter.subject)}</b>'
        f'<time data-at="{letter.at:.0f}"></time><small>{_plain(letter.to)}</small></a></li>'
    )


def _open(letter: Letter, said: dict[str, str]) -> str:
    return (
        f'<article class="letter"><a class="all" href="/mailbox">{html.escape(said["mailbox_all"])}</a>'
        f"<h2>{_plain(letter.subject)}</h2>"
        f"<dl><dt>{html.escape(said['mailbox_from'])}</dt><dd>{_plain(letter.sender)}</dd>"
        f"<dt>{html.escape(said['mailbox_to'])}</dt><dd>{_plain(letter.to)}</dd></dl>"
        f'<div class="text">{_linked(letter.text)}</div></article>'
    )


def _closed(said: dict[str, str]) -> str:
    title, text = html.escape(said["mailbox_title"]), html.escape(said["mailbox_pick"])
    return f'<div class="nothing"><span class="envelope" aria-hidden="true"></span><h2>{title}</h2><p>{text}</p></div>'


def _plain(text: str) -> str:
    return html.escape(text).replace("{", "&#123;")


def _linked(text: str) -> str:
    """Addresses can be clicked; everything else stays text."""
    parts, at = [], 0
    for found in _LINK.finditer(text):
        parts.append(_plain(text[at : found.start()]))
        parts.append(f'<a href="{_plain(found[0])}">{_plain(found[0])}</a>')
        at = found.end()
    return "".join([*parts, _plain(text[at:])])


def state(mailbox: Mailbox) -> bytes:
    """How many came, for a page that wants to know whether it is still true."""
    return json.dumps({"newest": mailbox.letters[0].id if mailbox.letters else 0}).encode()
