"""Meta's error codes and what each means for us (Cloud API error codes, 2026)."""

from __future__ import annotations

import random

from masteria.channels.base import Answer, Verdict

_ACCOUNT = {0, 3, 10, 104, 190, 368, 131005, 131031, 131037, 131042, 131045, 133010, 134011, *range(200, 300)}
_ACCOUNT |= {133000, 133005, 133006, 133008, 133009, 133015, 133016}  # the number's registration
_CAMPAIGN = {131048, 131055, 131063, 131064, 132000, 132001, 132007, 132008, 132012, 132015, 132016, 132018, 132068}
_CAMPAIGN |= {134100, 134102}
_SLOW = {4: 90.0, 80007: 300.0, 130429: 1.0, 132069: 10.0, 134101: 600.0}  # the first wait, seconds
_LONGEST = {130429: 60.0}
_DOUBT = {1, 2, 131000, 131016, 131057, 133004, 139103, 2494100}
PAIR_RATE = 131056


def answer_for(status: int, code: int | None, attempts: int, retry_after: float = 0.0) -> Answer:
    """The verdict on a refused message. `code` is None when the answer has none; `attempts` counts this one.
    `retry_after` seconds the vendor asked for: never less.

    A code outside the table is final for this message below 500, in doubt from 500 on: it may have been sent.
    """
    text = str(status if code is None else code)
    if code in _ACCOUNT or (code is None and status in (401, 403)):
        return Answer(Verdict.STOP_ACCOUNT, code=text)
    if code == PAIR_RATE:
        return Answer(Verdict.RETRY, code=text, wait=max(retry_after, float(4 ** min(attempts - 1, 6))))
    if code in _CAMPAIGN:
        return Answer(Verdict.STOP_CAMPAIGN, code=text)
    if code in _SLOW or status == 429:
        return Answer(Verdict.SLOW, code=text, wait=max(retry_after, _wait(code or 0, attempts)))
    if code in _DOUBT or status >= 500:
        return Answer(Verdict.DOUBT, code=text)
    return Answer(Verdict.FAILED, code=text)


def _wait(code: int, attempts: int) -> float:
    """Doubles with each attempt; the jitter keeps workers from coming back together."""
    doubled = _SLOW.get(code, 1.0) * 2 ** min(attempts - 1, 6)
    return min(doubled, _LONGEST.get(code, 600.0)) * random.uniform(1, 1.25)
