"""Meta's error codes and what each means for us (Cloud API error codes, 2026). Anything unknown: final if 4xx, doubt if 5xx."""

from __future__ import annotations

import random

from masteria.channels.base import Answer, Verdict

_ACCOUNT = {0, 3, 10, 104, 190, 368, 131005, 131031, 131037, 131042, 131045, 133010, 134011}
_CAMPAIGN = {131048, 131055, 131063, 131064, 132000, 132001, 132007, 132008, 132012, 132015, 132016, 132018, 132068}
_CAMPAIGN |= {134100, 134102}
_SLOW = {4: 90.0, 80007: 300.0, 130429: 1.0, 132069: 10.0, 134101: 600.0}
_DOUBT = {1, 2, 131000, 131016, 131057, 133004, 2494100}
PAIR_RATE = 131056


def answer_for(status: int, code: int, attempts: int) -> Answer:
    """The verdict on a refused message; `attempts` counts this one, so waits grow with it."""
    text = str(code or status)
    if code in _ACCOUNT or 200 <= code <= 299:
        return Answer(Verdict.STOP_ACCOUNT, code=text)
    if code == PAIR_RATE:
        return Answer(Verdict.RETRY, code=text, wait=float(4 ** min(attempts, 6)))
    if code in _SLOW or (status == 429 and code not in _CAMPAIGN):
        wait = _SLOW.get(code, 1.0)
        return Answer(
            Verdict.SLOW, code=text, wait=min(wait * 2 ** min(attempts - 1, 6), 600) * random.uniform(1, 1.25)
        )
    if code in _CAMPAIGN:
        return Answer(Verdict.STOP_CAMPAIGN, code=text)
    if code in _DOUBT or (status >= 500 and not code):
        return Answer(Verdict.DOUBT, code=text)
    return Answer(Verdict.FAILED if status < 500 else Verdict.DOUBT, code=text)
