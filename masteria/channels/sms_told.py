"""What a webhook of an SMS gateway tells, in the shape of WhatsApp's normalised events: the same kinds and fields. Pure.

What an SMS cannot have is None. `status` is one of ours: queued, sent, delivered, read, and the ends that nobody got it:
failed, expired, rejected. The error code is the gateway's own, a number where it is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from masteria.channels.told import Told
from masteria.channels.values import digits, moment, wamid, whole, word
from masteria.kit.storable import storable

MEDIA = ("image", "video", "audio")


@dataclass(frozen=True, slots=True)
class Said:
    """What a person wrote; of another `kind` than text, what came with it."""

    text: str | None
    kind: str = "text"
    media: dict[str, Any] | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """One item of a gateway, and what its events share: our number or alias there, its account, when it happened."""

    item: dict[str, Any]
    number: str | None
    account: str | None
    seconds: int | None
    received_at: datetime

    def message(self, external_id: Any, sender: Any, said: Said, context_id: str | None = None) -> Told:
        """Somebody wrote to us."""
        is_supported = said.kind in ("text", "document", *MEDIA)
        fields = {
            "wamid": wamid(external_id),
            "phone_number_id": self.number,
            "from": digits(sender),
            "user_id": None,
            "profile_name": said.name,
            "timestamp": self._timestamp(),
            "msg_type": said.kind,
            "text": said.text,
            "context_id": context_id,
            "group_id": None,
            "media": said.media,
            "reply": None,
            "referral": None,
            "supported": is_supported,
            "incomplete": is_supported and said.text is None and said.media is None,
        }
        return self._told("message", fields)

    def status(
        self, external_id: Any, status: str, recipient: Any, *, error: Any = None, opaque: str | None = None
    ) -> Told:
        """A message of ours went on, or came to its end."""
        code = whole(error)
        fields = {
            "wamid": wamid(external_id),
            "status": status,
            "timestamp": self._timestamp(),
            "recipient_id": digits(recipient),
            "user_id": None,
            "participant": None,
            "error_code": word(error) if code is None else code,
            "pricing_category": None,
            "pricing_type": None,
            "opaque": opaque,
        }
        return self._told("status", fields)

    def preference(self, who: Any, value: str, source: str) -> Told:
        """The gateway keeps this person from our messages (`stop`), or no longer does (`resume`)."""
        return self._told(
            "marketing_preference", {"user_id": None, "wa_id": digits(who), "value": value, "source": source}
        )

    def unknown(self, what: str, value: Any) -> Told:
        """Something not understood: kept raw, changes nothing."""
        return self._told("unknown", {"what": what, "value": storable(value)})

    def _told(self, kind: str, fields: dict[str, Any]) -> Told:
        at = moment(self.seconds, self.received_at)
        return Told(kind, fields, at, self.number, self.account, self.item)

    def _timestamp(self) -> int:
        return int(self.received_at.timestamp()) if self.seconds is None else self.seconds


def kind_of(mime_type: str | None) -> str:
    """The kind of message that a file makes."""
    kind = (mime_type or "").partition("/")[0]
    return kind if kind in MEDIA else "document"


def clock_seconds(value: Any) -> int | None:
    """Epoch seconds of a time like `2026-11-22T12:00:05.123Z`; without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(word(value) or "")
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None
