"""Every setting, typed and frozen; the only reader of the environment."""

from __future__ import annotations

import base64
import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from masteria.kit.errors import Invalid
from masteria.kit.networks import read_network

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LOG_FORMATS = ("text", "json")
SIGN_UP = ("open", "closed")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the installation is told from outside. Names are those of `.env.example`, in lower case."""

    database_url: str
    redis_url: str
    data_dir: Path
    host: str
    port: int
    public_url: str
    trusted_proxies: tuple[str, ...]
    secret_key: str
    encryption_keys: tuple[tuple[str, bytes], ...]
    meta_graph_url: str
    meta_graph_version: str
    google_client_id: str
    google_client_secret: str
    facebook_client_id: str
    facebook_client_secret: str
    oauth_google_issuer: str
    oauth_facebook_url: str
    metrics_token: str
    smtp_url: str
    mail_from: str
    sign_up: str
    keep_messages_months: int
    keep_webhooks_months: int
    log_level: str
    log_format: str
    demo: bool
    sandbox_url: str

    @property
    def origins(self) -> tuple[str, ...]:
        """The addresses a browser may open a socket from."""
        local = (f"http://127.0.0.1:{self.port}", f"http://localhost:{self.port}")
        return tuple(dict.fromkeys((self.public_url.rstrip("/"), *local)))


@cache
def settings() -> Settings:
    """Read and check the environment once; raises `Invalid` naming the variable that is wrong."""
    read_dotenv()
    port = _integer("MASTERIA_PORT", 3000)
    public_url = _url("MASTERIA_PUBLIC_URL", f"http://127.0.0.1:{port}")
    return Settings(
        database_url=_text("DATABASE_URL"),
        redis_url=_text("REDIS_URL"),
        data_dir=Path(_text("MASTERIA_DATA_DIR", ".masteria")).resolve(),
        host=_text("MASTERIA_HOST", "127.0.0.1"),
        port=port,
        public_url=public_url,
        trusted_proxies=_networks("MASTERIA_TRUSTED_PROXIES"),
        secret_key=_text("MASTERIA_SECRET_KEY"),
        encryption_keys=_keys("MASTERIA_ENCRYPTION_KEYS"),
        meta_graph_url=_url("META_GRAPH_URL", "https://graph.facebook.com"),
        meta_graph_version=_version("META_GRAPH_VERSION", "v25.0"),
        google_client_id=_text("GOOGLE_CLIENT_ID"),
        google_client_secret=_text("GOOGLE_CLIENT_SECRET"),
        facebook_client_id=_text("FACEBOOK_CLIENT_ID"),
        facebook_client_secret=_text("FACEBOOK_CLIENT_SECRET"),
        oauth_google_issuer=_url("OAUTH_GOOGLE_ISSUER", "https://accounts.google.com"),
        oauth_facebook_url=_url("OAUTH_FACEBOOK_URL", "https://graph.facebook.com"),
        metrics_token=_text("METRICS_TOKEN"),
        smtp_url=_smtp("SMTP_URL"),
        mail_from=_sender("MASTERIA_MAIL_FROM", f"Masteria <no-reply@{urlsplit(public_url).hostname}>"),
        sign_up=_choice("MASTERIA_SIGN_UP", "open", SIGN_UP),
        keep_messages_months=_integer("MASTERIA_KEEP_MESSAGES_MONTHS", 0, "a number of months", 0, 1200),
        keep_webhooks_months=_integer("MASTERIA_KEEP_WEBHOOKS_MONTHS", 1, "a number of months", 1, 1200),
        log_level=_choice("LOG_LEVEL", "INFO", LOG_LEVELS),
        log_format=_choice("LOG_FORMAT", "text", LOG_FORMATS),
        demo=_text("MASTERIA_DEMO") == "1",
        sandbox_url=_url("MASTERIA_SANDBOX_URL", "http://127.0.0.1:3900"),
    )


def read_dotenv(path: Path = Path(".env")) -> None:
    """Values of `.env` fill in what the environment leaves unset."""
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        name, found, value = line.strip().removeprefix("export ").partition("=")
        if found and not name.startswith("#"):
            os.environ.setdefault(name.strip(), value.strip().strip("\"'"))


def _text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def _integer(name: str, default: int, what: str = "a port number", least: int = 1, most: int = 65_535) -> int:
    raw = _text(name, str(default))
    if not raw.isdigit() or not least <= int(raw) <= most:
        raise Invalid(name, f"{name} must be {what} between {least} and {most}, not {raw!r}.")
    return int(raw)


def _url(name: str, default: str) -> str:
    raw = _text(name, default).rstrip("/")
    if not re.match(r"https?://[^/\s]+", raw):
        raise Invalid(name, f"{name} must be an http or https address, not {raw!r}.")
    return raw


def _smtp(name: str) -> str:
    raw = _text(name)
    found = re.fullmatch(r"smtps?://(?:[^@/\s]+@)?[^@/\s]+/?", raw)
    try:
        is_right = bool(found and urlsplit(raw).hostname and urlsplit(raw).port != 0)
    except ValueError:
        is_right = False
    if raw and not is_right:  # it holds a password: what is wrong is not repeated
        raise Invalid(name, f"{name} must look like smtp://name:password@mail.example.com:587 (smtps:// for port 465).")
    return raw


def _sender(name: str, default: str) -> str:
    raw = _text(name, default)
    if not re.fullmatch(r"[^<>\r\n]*<[^@<>\s]+@[^@<>\s]+>|[^@<>\s]+@[^@<>\s]+", raw):
        raise Invalid(name, f"{name} must look like Masteria <no-reply@example.com>, not {raw!r}.")
    return raw


def _networks(name: str) -> tuple[str, ...]:
    try:
        return tuple(read_network(part) for part in _text(name).split(",") if part.strip())
    except Invalid:
        raise Invalid(name, f"{name} must be addresses or networks separated by commas, as 10.0.0.0/8.") from None


def _version(name: str, default: str) -> str:
    raw = _text(name, default)
    if not re.fullmatch(r"v\d{1,3}\.\d", raw):
        raise Invalid(name, f"{name} must look like v25.0, not {raw!r}.")
    return raw


def _choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    raw = _text(name, default)
    if raw not in allowed:
        raise Invalid(name, f"{name} must be one of {', '.join(allowed)}, not {raw!r}.")
    return raw


def _keys(name: str) -> tuple[tuple[str, bytes], ...]:
    """`id:base64,…` with 32-byte keys; the first is the current one."""
    found = []
    for part in filter(None, _text(name).split(",")):
        key_id, _, encoded = part.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except ValueError:
            key = b""
        if not re.fullmatch(r"[a-z0-9]{1,16}", key_id) or len(key) != 32:
            raise Invalid(name, f"{name} must be id:base64 pairs with keys of 32 bytes, separated by commas.")
        found.append((key_id, key))
    return tuple(found)
