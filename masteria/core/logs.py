"""Logging set-up: text or JSON lines, and a filter that takes secrets out of every record."""

from __future__ import annotations

import json
import logging
import re
import sys

from masteria.config import Settings

_SECRETS = re.compile(
    r"(?i)(bearer\s+|(?:access_token|app_secret|verify_token|password|cookie|authorization|api_key)\W{1,4})([^\s\"',;&}]+)"
)
_KEYS = re.compile(r"\b(mk_|EAA)[A-Za-z0-9_-]{8,}")
_PHONE = re.compile(r"(\+\d{4})\d{3,9}(\d{4})\b")


def set_up_logging(settings: Settings) -> None:
    """One handler on stderr for the whole process."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else TextFormatter())
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    for noisy in ("httpx", "httpcore", "rq.worker"):
        logging.getLogger(noisy).setLevel("WARNING")


def redact(text: str) -> str:
    """The text without tokens, cookies, passwords, keys and the middle of phone numbers."""
    text = _SECRETS.sub(r"\1•••", text)
    text = _KEYS.sub(r"\1•••", text)
    return _PHONE.sub(r"\1*****\2", text)


class TextFormatter(logging.Formatter):
    """`time level logger: message`, redacted, tracebacks too."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        if record.exc_info:
            line["trace"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)
