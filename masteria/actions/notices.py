"""What the vendor tells of a number or an account by itself: what it changes here, and that somebody should know."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlmodel import col

from masteria.actions import activity
from masteria.actions.intake import accounts_meant
from masteria.channels.base import AccountTold
from masteria.core.work import Work
from masteria.enums import ConnectionStatus, Effect, Happened, Topic
from masteria.models import Connection
from masteria.models.connection import CLOUD_RATE

HIGH_RATE = 1000  # messages a second after Meta's throughput upgrade
UNLIMITED = -1
MOST_LIMIT = 2**31 - 1
LIMITS = ("max_daily_conversations_per_business", "max_daily_conversation_per_phone", "current_limit")
_QUALITY = {"FLAGGED": "RED", "DOWNGRADE": "YELLOW", "UNFLAGGED": "GREEN", "UPGRADE": "GREEN"}
_STATUS = {  # what an account's fate means for its numbers, and why as the screens say it
    "DISABLED_UPDATE:SCHEDULE_FOR_DISABLE": (ConnectionStatus.DEGRADED, "account_restricted"),
    "DISABLED_UPDATE:DISABLE": (ConnectionStatus.FAILED, "account_disabled"),
    "DISABLED_UPDATE:REINSTATE": (ConnectionStatus.CONNECTED, None),
    "ACCOUNT_RESTRICTION": (ConnectionStatus.DEGRADED, "account_restricted"),
    "ACCOUNT_VIOLATION": (ConnectionStatus.DEGRADED, "account_restricted"),
    "ACCOUNT_DELETED": (ConnectionStatus.FAILED, "account_disabled"),
    "ACCOUNT_OFFBOARDED": (ConnectionStatus.DISCONNECTED, "account_offboarded"),
    "ACCOUNT_RECONNECTED": (ConnectionStatus.CONNECTED, None),
}
_BAD = ("FLAGGED", "DOWNGRADE", "REJECTED", "CRITICAL")
_OURS = frozenset({"account_restricted", "account_disabled", "account_offboarded", "flagged"})


def heed(work: Work, told: Sequence[tuple[UUID, AccountTold]]) -> list[Effect]:
    """Apply each, in order, to the number that is meant, else to every number of the account; each is an activity."""
    accounts = accounts_meant(work, told)
    numbers = _numbers(work, set(accounts))
    return [_heed(work, numbers.get(account, []), said) for account, (_, said) in zip(accounts, told, strict=True)]


def _heed(work: Work, numbers: list[Connection], told: AccountTold) -> Effect:
    """The vendor names a number by the digits that it shows."""
    rows = [row for row in numbers if told.shown_number in (None, "", re.sub("[^0-9]", "", row.address))]
    if not rows:
        return Effect.CONNECTION_UNKNOWN
    changed = [_change(row, told) for row in rows]
    for row in rows:
        worse = row.status in (ConnectionStatus.DEGRADED, ConnectionStatus.FAILED, ConnectionStatus.DISCONNECTED)
        bad = any(word in _BAD for word in told.word.split(":")) or (told.kind == "account_update" and worse)
        happened = Happened.CONNECTION_DEGRADED if bad else Happened.CONNECTION_NOTICE
        activity.record(work, row, happened, what=told.kind, word=told.word)
        work.announce(Topic.CONNECTION, row.id)
    return Effect.CONNECTION_CHANGED if any(changed) else Effect.NOTED


def limit_of(limits: dict[str, Any]) -> int | None:
    """Conversations a day: a number, or the name of a tier (`TIER_2K`); -1 has no end, None says nothing."""
    for name in LIMITS:
        text = str(limits.get(name, "")).upper().removeprefix("TIER_")
        if text in ("UNLIMITED", "-1"):
            return UNLIMITED
        thousands = text.endswith("K")
        number = text.removesuffix("K")
        if number.isascii() and number.isdigit() and len(number) < 10:
            return min(int(number) * (1000 if thousands else 1), MOST_LIMIT)
    return None


def _numbers(work: Work, accounts: set[str]) -> dict[str, list[Connection]]:
    """The numbers of these accounts, locked."""
    query = work.select(Connection).where(col(Connection.account_id).in_(accounts)).order_by(col(Connection.id))
    found: dict[str, list[Connection]] = {}
    for row in work.session.exec(query.with_for_update().execution_options(populate_existing=True)):
        found.setdefault(row.account_id, []).append(row)
    return found


def _change(row: Connection, told: AccountTold) -> bool:
    before = (row.status, row.status_reason, row.quality, row.rate_per_second, row.tier)
    change = _CHANGES.get(told.kind)
    if change:
        change(row, told)
    return before != (row.status, row.status_reason, row.quality, row.rate_per_second, row.tier)


def _limit(row: Connection, told: AccountTold) -> None:
    found = limit_of(told.limits)
    if found is not None:
        row.people_per_day = None if found < 0 else found  # -1 is without limit
        row.tier = "TIER_UNLIMITED" if found < 0 else f"TIER_{found}"


def _quality(row: Connection, told: AccountTold) -> None:
    _limit(row, told)
    row.quality = _QUALITY.get(told.word, row.quality)
    if told.word == "THROUGHPUT_UPGRADE" and row.rate_per_second == CLOUD_RATE:
        row.rate_per_second = HIGH_RATE  # a rate that somebody chose stays
    if told.word == "FLAGGED" and row.status == ConnectionStatus.CONNECTED:
        row.status, row.status_reason = ConnectionStatus.DEGRADED, "flagged"
    if told.word in ("UNFLAGGED", "UPGRADE") and row.status_reason == "flagged":
        row.status, row.status_reason = ConnectionStatus.CONNECTED, None


def _account(row: Connection, told: AccountTold) -> None:
    found = _STATUS.get(told.word) or _STATUS.get(told.word.partition(":")[0])
    if found is None:
        return
    status, reason = found
    if status != ConnectionStatus.CONNECTED:
        row.status, row.status_reason = status, reason
    elif row.status_reason in _OURS:  # what else is wrong with the number stays wrong
        row.status, row.status_reason = status, None


_CHANGES: dict[str, Callable[[Connection, AccountTold], None]] = {
    "phone_quality": _quality,
    "capability": _limit,
    "account_update": _account,
}
