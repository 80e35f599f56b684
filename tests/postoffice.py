"""A real SMTP server on loopback for a test: what it took, and how it may be told to refuse."""

from __future__ import annotations

from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from tests.ports import free_port


@dataclass
class Taken:
    """One message as it came."""

    to: list[str]
    message: EmailMessage

    @property
    def text(self) -> str:
        return self.message.get_content()


@dataclass
class PostOffice:
    """`refuse_with` is the answer to every recipient instead of 250."""

    refuse_with: str = ""
    taken: list[Taken] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.refuse_with:
            return self.refuse_with
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.taken.append(Taken(list(envelope.rcpt_tos), message))  # pyright: ignore[reportArgumentType]
        return "250 taken"

    def __enter__(self) -> PostOffice:
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port())
        self.controller.start()
        self.url = f"smtp://127.0.0.1:{self.controller.port}"
        return self

    def __exit__(self, *_: object) -> None:
        self.controller.stop()
