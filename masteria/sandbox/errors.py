"""Graph's error bodies. HTTP status by code as Meta documents it (WhatsApp Cloud API error codes, 2026)."""

from __future__ import annotations

import json
import secrets

_HTTP = {0: 401, 190: 401, 10: 403, 368: 403, 130497: 403, 131005: 403, 131031: 403, 132001: 404, 2: 503, 133004: 503}
_HTTP_500 = (3, 131000, 131016, 131045, 131057, 133000)

TITLES = {
    10: "Application does not have permission for this action",
    100: "Invalid parameter",
    190: "Invalid OAuth access token",
    80007: "Rate limit issues",
    130403: "Business has blocked user",
    130429: "Rate limit hit",
    130472: "User's number is part of an experiment",
    131000: "Something went wrong",
    131008: "Required parameter is missing",
    131009: "Parameter value is not valid",
    131021: "Recipient cannot be sender",
    131026: "Message undeliverable",
    131030: "Recipient phone number not in allowed list",
    131047: "Re-engagement message",
    131049: "This message was not delivered to maintain healthy ecosystem engagement.",
    131050: "User has stopped marketing messages",
    131051: "Unsupported message type",
    131053: "Media upload error",
    131055: "Method not allowed",
    131056: "(Business Account, Consumer Account) pair rate limit hit",
    131062: "Business-scoped user id recipients not supported",
    132000: "Number of parameters does not match the expected number of params",
    132001: "Template name does not exist in the translation",
    132005: "Template hydrated text too long",
    132012: "Parameter format does not match format in the created template",
    132015: "Template is paused",
    132016: "Template is disabled",
    132018: "There was an issue with the parameters in your template",
}


class GraphError(Exception):
    """A refusal with Meta's code; `details` is what a person reads."""

    def __init__(self, code: int, details: str = "", subcode: int = 0, status: int = 0, retry_after: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.details = details or TITLES.get(code, "Error")
        self.subcode = subcode
        self.status = status or _status(code)
        self.retry_after = retry_after

    def body(self) -> bytes:
        error = {
            "message": f"(#{self.code}) {TITLES.get(self.code, self.details)}",
            "type": "OAuthException",
            "code": self.code,
            "error_data": {"messaging_product": "whatsapp", "details": self.details},
            "error_subcode": self.subcode,
            "fbtrace_id": secrets.token_hex(6),
        }
        return json.dumps({"error": error}).encode()


def _status(code: int) -> int:
    if code in _HTTP_500:
        return 500
    return _HTTP.get(code, 403 if 200 <= code <= 299 else 400)


def status_errors(code: int) -> list[dict[str, object]]:
    """The `errors` of a `failed` status."""
    title = TITLES.get(code, "Error")
    href = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"
    return [{"code": code, "title": title, "message": title, "error_data": {"details": title}, "href": href}]
