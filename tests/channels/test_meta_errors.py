"""What Meta's answers mean: by code, and by the HTTP status where there is none."""

from __future__ import annotations

import json

import pytest

from masteria.channels.base import Verdict
from masteria.channels.meta import read_answer


def refusal(code: int) -> bytes:
    return json.dumps({"error": {"message": "(#1) no", "code": code, "fbtrace_id": "A1b"}}).encode()


@pytest.mark.parametrize(
    ("status", "code", "verdict"),
    [
        (401, 0, Verdict.STOP_ACCOUNT),
        (401, 190, Verdict.STOP_ACCOUNT),
        (403, 200, Verdict.STOP_ACCOUNT),
        (500, 3, Verdict.STOP_ACCOUNT),
        (500, 131045, Verdict.STOP_ACCOUNT),
        (400, 133010, Verdict.STOP_ACCOUNT),
        (500, 133000, Verdict.STOP_ACCOUNT),
        (400, 4, Verdict.SLOW),
        (400, 80007, Verdict.SLOW),
        (400, 130429, Verdict.SLOW),
        (429, 987654, Verdict.SLOW),
        (400, 131056, Verdict.RETRY),
        (400, 131048, Verdict.STOP_CAMPAIGN),
        (404, 132001, Verdict.STOP_CAMPAIGN),
        (400, 132000, Verdict.STOP_CAMPAIGN),
        (400, 131026, Verdict.FAILED),
        (403, 130497, Verdict.FAILED),
        (400, 131047, Verdict.FAILED),
        (400, 987654, Verdict.FAILED),
        (500, 131000, Verdict.DOUBT),
        (503, 2, Verdict.DOUBT),
        (500, 131016, Verdict.DOUBT),
        (500, 987654, Verdict.DOUBT),
    ],
)
def test_a_code_says_what_follows(status: int, code: int, verdict: Verdict) -> None:
    answer = read_answer(status, refusal(code), 1)
    assert (answer.verdict, answer.code) == (verdict, str(code or 0))


@pytest.mark.parametrize(
    ("status", "raw", "verdict"),
    [
        (502, b"<html>Bad Gateway</html>", Verdict.DOUBT),
        (504, b"", Verdict.DOUBT),
        (500, b'{"error": "strange"}', Verdict.DOUBT),
        (429, b"slow down", Verdict.SLOW),
        (401, b"who are you", Verdict.STOP_ACCOUNT),
        (404, b"[]", Verdict.FAILED),
        (307, b"", Verdict.FAILED),
        (200, b"{}", Verdict.DOUBT),
        (200, b"not json", Verdict.DOUBT),
        (200, b'{"messages": []}', Verdict.DOUBT),
    ],
)
def test_an_answer_without_a_code_is_read_by_its_status(status: int, raw: bytes, verdict: Verdict) -> None:
    assert read_answer(status, raw, 1).verdict == verdict


def test_an_accepted_message_brings_its_id() -> None:
    answer = read_answer(200, b'{"messages": [{"id": "wamid.A"}]}', 1)
    assert (answer.verdict, answer.provider_id) == (Verdict.SENT, "wamid.A")


def test_waits_grow_with_the_attempts() -> None:
    assert [read_answer(400, refusal(131056), n).wait for n in (1, 2, 3)] == [1, 4, 16]
    waits = [read_answer(400, refusal(130429), n).wait for n in (1, 4, 9)]
    assert 1 <= waits[0] <= 1.25
    assert 8 <= waits[1] <= 10
    assert 60 <= waits[2] <= 75


def test_the_vendor_may_ask_for_a_longer_wait() -> None:
    asked = [read_answer(429, raw, 1, 30.0) for raw in (refusal(130429), b"<html>too many</html>")]
    assert [(answer.verdict, answer.wait) for answer in asked] == [(Verdict.SLOW, 30.0)] * 2
    assert read_answer(400, refusal(130429), 1, 0.5).wait >= 1
