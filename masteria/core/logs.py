"""Logging set-up: text or JSON lines, and a filter that takes secrets out of every record."""

from __future__ import annotations

import json
import logging
import re
import sys

from masteria.config import Settings

HIDDEN = "•••"
LONGEST = 20_000  # characters of one line: what a stranger sends may be long, and is looked through for every name
# `extra=FOR_OPERATOR` on the one line whose secret is what it is written for: a link, where no mail can be sent
FOR_OPERATOR = {"is_for_operator": True}
_NAMES = (
    r"(?:access|refresh|verify|reset|invite|id|csrf|client|setup)?_?token|(?:app|client)?_?secret(?:_key)?|pass(?:word|wd)?|"
    r"senha|(?:set-)?cookie|(?:proxy-)?authorization|(?:x-)?api[_-]?key|totp|otp|code_verifier|(?:__host-)?masteria[_-]\w+|"
    r"x-hub-signature(?:-256)?|encryption_keys"
)
# what stands after such a name: quoted, or up to the next separator; a cookie's or authorization's whole line
_QUOTED = re.compile(rf"""(?i)(\b(?:{_NAMES})["']?\s*[:=]\s*(?:b|u)?)(["'])(?:\\.|(?!\2).){{0,4000}}\2""")
_LINES = re.compile(r"(?i)(\b(?:set-)?cookie|(?:proxy-)?authorization)(\s*[:=]\s*)(?![\"'])[^\r\n]+")
_BARE = re.compile(rf"""(?i)(\b(?:{_NAMES})\s*[:=]\s*)(?!["'])[^\s"',;&}})\]]+""")
_PAIRS = re.compile(rf"""(?i)(\(\s*b?["'](?:{_NAMES})["']\s*,\s*b?)(["'])(?:\\.|(?!\2).){{0,4000}}\2""")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}")
_KEYS = re.compile(r"\b(mk_|whsec_|EAA)[A-Za-z0-9_-]{8,}|\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_URL = re.compile(r"(?i)(\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@]{0,200}:)[^\s@/]{1,500}@")
_PHONE = re.compile(r"(\+\d{4}|\b55\d{2})\d{3,9}(\d{4})\b")


def set_up_logging(settings: Settings) -> None:
    """One handler on stderr for the whole process."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else TextFormatter())
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    for noisy in ("httpx", "httpcore", "rq.worker"):
        logging.getLogger(noisy).setLevel("WARNING")


def redact(text: str) -> str:
    """The text without tokens, cookies, passwords, keys and the middle of phone numbers."""
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}…"
    text = _QUOTED.sub(rf"\1\2{HIDDEN}\2", text)
    text = _PAIRS.sub(rf"\1\2{HIDDEN}\2", text)
    text = _LINES.sub(rf"\1\2{HIDDEN}", text)
    text = _BARE.sub(rf"\1{HIDDEN}", text)
    text = _BEARER.sub(rf"\1 {HIDDEN}", text)
    text = _KEYS.sub(lambda found: f"{found[1] or ''}{HIDDEN}", text)
    text = _URL.sub(rf"\1{HIDDEN}@", text)
    return _PHONE.sub(r"\1*****\2", text)


class TextFormatter(logging.Formatter):
    """`time level logger: message`, redacted, tracebacks too."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return text if _is_for_operator(record) else redact(text)


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage() if _is_for_operator(record) else redact(record.getMessage()),
        }
        if record.exc_info:
            line["trace"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def _is_for_operator(record: logging.LogRecord) -> bool:
    return getattr(record, "is_for_operator", False) is True
