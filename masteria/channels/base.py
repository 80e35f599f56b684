"""The port to a messaging vendor: plain frozen values that go out and come back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class Verdict(StrEnum):
    """What an answer means for the message and for what comes after it."""

    SENT = "sent"
    RETRY = "retry"  # refused before anything was sent; this person again after a wait
    SLOW = "slow"  # the number is too fast; everyone waits, then again
    DOUBT = "doubt"  # it may have gone: never again by machine
    FAILED = "failed"  # final for this message
    STOP_CAMPAIGN = "stop_campaign"  # final, and the same would happen to everyone
    STOP_ACCOUNT = "stop_account"  # nothing goes out until a person acts


@dataclass(frozen=True, slots=True)
class Account:
    """A number at the vendor: where to speak and with which secret."""

    base_url: str
    number_id: str
    account_id: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PairRate:
    """How often one number may write to one person: once in `seconds`, `burst` of them in advance."""

    seconds: float
    burst: int


@dataclass(frozen=True, slots=True)
class Content:
    """What everyone of a campaign gets: a text, or a template with the placeholders of its header and body."""

    text: str = ""
    template: str = ""
    language: str = ""
    named: bool = False
    header: tuple[str, ...] = ()
    body: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """How one attempt ended. `code` is the vendor's error code as text, `wait` seconds before another attempt."""

    verdict: Verdict
    provider_id: str | None = None
    code: str | None = None
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Receipt:
    """A status the vendor reports about a message: by its id, or by the echo of ours (`r:…`, `m:…`)."""

    external_id: str
    opaque: str | None
    status: str
    at: datetime
    error_code: str | None = None


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message from a person. `sender` are digits and may be missing, `user_id` is the vendor's id of the person.

    `is_echo`: the company wrote it on a phone of its own, and `sender` is whom it went to.
    """

    external_id: str
    sender: str | None
    user_id: str | None
    name: str
    at: datetime
    kind: str
    text: str
    payload: dict[str, Any] = field(default_factory=dict)
    opens_window: bool = True
    is_echo: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """A person has another number or another user id; None where that part stays as it is."""

    sender: str | None
    user_id: str | None
    new_sender: str | None
    new_user_id: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Preference:
    """A person stopped or resumed marketing messages (`value` is `stop` or `resume`).

    `refused` is the message that the vendor did not deliver for that reason, when this is how we know.
    """

    sender: str | None
    user_id: str | None
    value: str
    at: datetime
    refused: Receipt | None = None


@dataclass(frozen=True, slots=True)
class Clicked:
    """A person followed a link of a marketing message."""

    sender: str | None
    external_id: str | None
    component: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class TemplateTold:
    """The vendor decided about a template: its `status` (ours; None for what changes nothing), `quality`, `category`
    (or `category_soon`) or `components` (`body`, `title`, `footer`, `buttons`). `account` is the vendor's."""

    external_id: str
    change: str
    value: Any
    reason: str | None
    account: str | None


@dataclass(frozen=True, slots=True)
class AccountTold:
    """The vendor tells of a number (by the digits it shows) or of a whole account.

    `kind` as in the normalised events, `word` what happened, `limits` whatever numbers come with it.
    """

    kind: str
    account: str | None
    shown_number: str | None
    word: str
    limits: dict[str, Any]


@dataclass(frozen=True, slots=True)
class NumberInfo:
    """What the vendor says of a number."""

    address: str
    name: str
    quality: str
    rate_per_second: int
    can_send: bool
    tier: str = ""
    people_per_day: int | None = None


@dataclass(frozen=True, slots=True)
class TemplateInfo:
    """A template as the vendor keeps it."""

    external_id: str
    name: str
    language: str
    category: str
    status: str
    parameter_format: str
    body: str
    variables: tuple[str, ...]
    components: list[dict[str, object]]
    quality: str | None
    rejected_reason: str | None


class Sender(Protocol):
    """Sends one message after another, many at a time."""

    async def send(self, to: str, echo: str, content: Content, values: dict[str, str], attempts: int = 1) -> Answer:
        """The `attempts`-th attempt; what vendor or network do becomes an `Answer`, never an exception."""
        ...
