"""No log line carries a secret or a whole phone number, however the words around it are written; tracebacks neither."""

from __future__ import annotations

import io
import json
import logging

import pytest

from masteria.core.logs import LONGEST, JsonFormatter, TextFormatter, redact

SECRET = "Zk3-9xQ_segredo.42"


@pytest.mark.parametrize(
    "line",
    [
        f"authorization: Bearer {SECRET}",
        f"{{'authorization': 'Bearer {SECRET}'}}",
        f'{{"password": "{SECRET}", "email": "a@b.c"}}',
        f"password={SECRET}&email=a",
        f"cookie: masteria_session={SECRET}; other={SECRET}",
        f"{{'cookie': '__Host-masteria_session={SECRET}; theme=dark'}}",
        f"[(b'cookie', b'masteria_session={SECRET}')]",
        f"masteria_own_session={SECRET} __Host-masteria_own_session={SECRET} masteria-newcomer={SECRET}",
        f"Set-Cookie: masteria_session={SECRET}; HttpOnly",
        f"access_token='{SECRET}' app_secret=\"{SECRET}\" verify_token={SECRET}",
        f"{{'refresh_token': '{SECRET}'}} client_secret={SECRET} totp: {SECRET}",
        f"GET /reset?token={SECRET} HTTP/1.1",
        f"redis://:{SECRET.replace('.', '')}@127.0.0.1:6379/0 and postgresql://owner:{SECRET}@db/x",
        f"key mk_{SECRET.replace('.', '')} whsec_{SECRET.replace('.', '')}",
        f"jwt eyJhbGciOi.{SECRET.partition('.')[0]}.{SECRET.partition('.')[0]}",
    ],
)
def test_a_secret_never_stands_in_a_line(line: str) -> None:
    hidden = redact(line)
    assert SECRET.partition(".")[0] not in hidden
    assert "segredo" not in hidden
    assert "•••" in hidden


def test_phones_lose_their_middle() -> None:
    assert redact("to +5548999991234 and 5548999991234") == "to +5548*****1234 and 5548*****1234"


@pytest.mark.parametrize(
    "line", ["campaign 01a2 took 35 ms", "token bucket empty", "GET /campaigns?q=ana 200", "a password was changed"]
)
def test_ordinary_words_stay(line: str) -> None:
    assert redact(line) == line


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()], ids=["text", "json"])
def test_tracebacks_and_arguments_are_hidden_too(formatter: logging.Formatter) -> None:
    out, log = io.StringIO(), logging.getLogger(f"tests.logs.{type(formatter).__name__}")
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter)
    log.addHandler(handler)
    try:
        raise ValueError(f"headers={{'cookie': 'masteria_session={SECRET}'}} password={SECRET}")
    except ValueError:
        log.exception("unknown event %s", {"payload": {"password": SECRET}})
    assert "segredo" not in out.getvalue()
    assert "ValueError" in out.getvalue()
    if isinstance(formatter, JsonFormatter):
        assert "•••" in json.loads(out.getvalue())["trace"]


@pytest.mark.parametrize("part", ["x", "a:", 'password="', "a://", "cookie", "token=", "\\", "+55119"])
def test_a_line_as_long_as_strangers_like_is_cut_and_done_with(part: str) -> None:
    assert len(redact(part * (200_000 // len(part)))) <= 2 * LONGEST
