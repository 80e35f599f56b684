"""Meta's webhooks at the door: signature over the raw bytes, handshake, and for which numbers a body is. Pure.

Nothing here trusts what it reads: until the signature is right, a body only says whose secret to try.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from masteria.channels.values import as_dict, as_list

_SIGNATURE = re.compile(r"sha256=[0-9a-f]{64}")
_ID = re.compile(r"[0-9A-Za-z]{1,64}")
MOST_ADDRESSEES = 50  # numbers and accounts of one body that are looked up


@dataclass(frozen=True, slots=True)
class Addressees:
    """The phone number ids a body speaks of, and the WhatsApp Business Accounts of what is for no single number."""

    numbers: tuple[str, ...]
    accounts: tuple[str, ...]


def signature_is_right(raw: bytes, header: str | None, secrets: Iterable[str]) -> bool:
    """`X-Hub-Signature-256` over the bytes as they came; several secrets while one is being changed."""
    if not header or not _SIGNATURE.fullmatch(header):  # compare_digest raises on text that is not ASCII
        return False
    given, right = bytes.fromhex(header[7:]), False
    for secret in secrets:
        right |= hmac.compare_digest(hmac.new(secret.encode(), raw, hashlib.sha256).digest(), given)
    return right


def challenge_of(query: Mapping[str, str], tokens: Iterable[str]) -> str | None:
    """What to echo to Meta's handshake; None when the token is not one of ours."""
    given, right = query.get("hub.verify_token", "").encode(), False
    for token in tokens:
        right |= hmac.compare_digest(token.encode(), given)
    return query.get("hub.challenge", "") if right and query.get("hub.mode") == "subscribe" else None


def addressees(body: dict[str, Any]) -> Addressees:
    """For whom a body is. Only well-formed ids are looked at, since nobody has vouched for them yet."""
    numbers = (number_of(change) for _, change in changes(body))
    accounts = (account_of(entry, change) for entry, change in changes(body) if number_of(change) is None)
    return Addressees(_ids(numbers), _ids(accounts))


def portion(body: dict[str, Any], numbers: set[str], accounts: set[str]) -> bytes | None:
    """The part of a body that is for these numbers, or for these accounts as a whole; None when there is none.

    One delivery may hold entries of several companies that use the same app: none may keep another's.
    """
    entries: list[dict[str, Any]] = []
    for entry, change in changes(body):
        number = number_of(change)
        if number in numbers or (number is None and account_of(entry, change) in accounts):
            entries.append({**entry, "changes": [change]})
    return json.dumps({**body, "entry": entries}).encode() if entries else None


def changes(body: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Every change with its entry: all of them, as Meta batches up to a thousand updates."""
    for entry in map(as_dict, as_list(body.get("entry"))):
        for change in map(as_dict, as_list(entry.get("changes"))):
            yield entry, change


def number_of(change: dict[str, Any]) -> str | None:
    """The phone number id of a change; fields of the whole account have none."""
    found = as_dict(as_dict(change.get("value")).get("metadata")).get("phone_number_id")
    return str(found) if found else None


def account_of(entry: dict[str, Any], change: dict[str, Any]) -> str | None:
    """The WhatsApp Business Account: the entry's id, but where that is the portfolio of a partner's change."""
    told = as_dict(as_dict(change.get("value")).get("waba_info")).get("waba_id")
    found = told or entry.get("id")
    return str(found) if isinstance(found, str | int) and found else None


def _ids(found: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(i for i in found if i and _ID.fullmatch(i)))[:MOST_ADDRESSEES]
