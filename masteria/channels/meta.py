"""Meta's Cloud API, outgoing: bodies of messages, one sender a number, and what Meta says of numbers and templates."""

from __future__ import annotations

import json
import re
from typing import Any

from masteria.channels.base import Account, Answer, Content, NumberInfo, PairRate, TemplateInfo, Verdict
from masteria.channels.meta_bodies import Body, body_for
from masteria.channels.meta_errors import answer_for
from masteria.kit.errors import OutsideError
from masteria.kit.outbound import HotClient, NeverLeft, NoAnswer, ask
from masteria.kit.placeholders import HEADER, placeholders_in

NUMBER_FIELDS = (
    "display_phone_number,verified_name,quality_rating,throughput,status,platform_type,health_status,"
    "whatsapp_business_manager_messaging_limit"
)
RATES = {"STANDARD": 80, "HIGH": 1000, "NOT_APPLICABLE": 80}
COEXISTENCE_RATE = 20  # a number that also lives in the WhatsApp Business app
RETRY_SECONDS = 2.0
PAIR_LIMIT = PairRate(seconds=6.0, burst=45)  # to one person (Cloud API, pair rate limit)


class MetaSender:
    """Sends for one number, over connections that other numbers of the process use too."""

    def __init__(self, account: Account, client: HotClient) -> None:
        self._url = f"{account.base_url}/{account.number_id}/messages"
        self._headers = {"authorization": f"Bearer {account.token}", "content-type": "application/json"}
        self._client = client
        self._bodies: dict[Content, Body] = {}  # of one campaign's content, or of the last reply's

    async def send(self, to: str, echo: str, content: Content, values: dict[str, str], attempts: int = 1) -> Answer:
        """One attempt. Never raises for what the vendor or the network does."""
        try:
            heard = await self._client.post(self._url, self._headers, self._body(content)(to, echo, values))
        except NeverLeft:
            # whoever is next would not get through either: the number waits, and nobody has used up a try
            return Answer(Verdict.SLOW, code="unreachable", wait=min(RETRY_SECONDS * 2 ** min(attempts - 1, 6), 60.0))
        except NoAnswer:
            return Answer(Verdict.DOUBT, code="no_answer")
        return read_answer(heard.status, heard.body, attempts, heard.retry_after)

    def _body(self, content: Content) -> Body:
        found = self._bodies.get(content)
        if found is None:
            found = body_for(content)
            self._bodies = {content: found}
        return found


def sender(account: Account, client: HotClient) -> MetaSender:
    """A sender for this number."""
    return MetaSender(account, client)


def read_answer(status: int, raw: bytes, attempts: int, retry_after: float = 0.0) -> Answer:
    """What Meta's answer means."""
    try:
        found = json.loads(str(raw, "utf-8"))
        if status == 200:
            return Answer(Verdict.SENT, provider_id=str(found["messages"][0]["id"]))
        return answer_for(status, int(found["error"]["code"]), attempts, retry_after)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        # a 200 without an id was taken all the same; the page of a proxy in between has no code, and 0 is one of Meta's
        if status == 200:
            return Answer(Verdict.DOUBT, code="unreadable")
        return answer_for(status, None, attempts, retry_after)


def number_info(account: Account) -> NumberInfo:
    """Ask Meta about the number; `OutsideError` with Meta's code when it refuses."""
    found = _get(account, account.number_id, {"fields": NUMBER_FIELDS})
    rate = RATES.get(found.get("throughput", {}).get("level", ""), 80)
    if "SMB" in str(found.get("platform_type", "")):
        rate = COEXISTENCE_RATE
    tier = str(found.get("whatsapp_business_manager_messaging_limit") or "")
    health = found.get("health_status", {}).get("can_send_message", "AVAILABLE")
    return NumberInfo(
        found.get("display_phone_number", ""),
        found.get("verified_name", ""),
        found.get("quality_rating", "UNKNOWN"),
        rate,
        health != "BLOCKED",
        tier,
        people_per_day(tier),
    )


def people_per_day(tier: str) -> int | None:
    """How many people `TIER_250`, `TIER_2K`, `TIER_100K` allow; None for `TIER_UNLIMITED` and words we do not know."""
    found = re.fullmatch(r"TIER_(\d+)(K?)", tier)
    return int(found[1]) * (1000 if found[2] else 1) if found else None


def belongs_to_account(account: Account) -> bool:
    """Whether the number is one of the WhatsApp Business Account's."""
    found = _get(account, f"{account.account_id}/phone_numbers", {"limit": 100})
    return account.number_id in [str(n.get("id")) for n in found.get("data", [])]


def subscribe(account: Account) -> None:
    """Without this Meta sends no webhooks at all."""
    status, found = ask("POST", f"{account.base_url}/{account.account_id}/subscribed_apps", token=account.token)
    _raise_for(status, found)


def templates(account: Account) -> list[TemplateInfo]:
    """All templates of the account, page by page."""
    rows: list[TemplateInfo] = []
    params: dict[str, Any] = {"limit": 100}
    while True:
        found = _get(account, f"{account.account_id}/message_templates", params)
        rows += [_template_info(row) for row in found.get("data", [])]
        after = found.get("paging", {}).get("cursors", {}).get("after")
        if not found.get("paging", {}).get("next") or not after:
            return rows
        params = {"limit": 100, "after": after}


def _template_info(row: dict[str, Any]) -> TemplateInfo:
    components = row.get("components") or []
    text = {c.get("type"): c.get("text") or "" for c in components}
    header = tuple(HEADER + key for key in placeholders_in(text.get("HEADER", "")))
    return TemplateInfo(
        str(row["id"]),
        row["name"],
        str(row["language"]).replace("-", "_"),
        str(row.get("category", "")),
        str(row.get("status", "")).lower(),
        row.get("parameter_format") or "POSITIONAL",
        text.get("BODY", ""),
        header + tuple(placeholders_in(text.get("BODY", ""))),
        components,
        (row.get("quality_score") or {}).get("score"),
        row.get("rejected_reason"),
    )


def _get(account: Account, path: str, params: dict[str, Any]) -> dict[str, Any]:
    status, found = ask("GET", f"{account.base_url}/{path}", token=account.token, params=params)
    return _raise_for(status, found)


def _raise_for(status: int, found: Any) -> dict[str, Any]:
    if status == 200 and isinstance(found, dict):
        return found
    error = found.get("error", {}) if isinstance(found, dict) else {}
    code = int(error.get("code", 0) or 0)
    raise OutsideError(_REASONS.get(code, "refused"), permanent=status < 500, code=code or status)


_REASONS = {
    0: "token_wrong",
    190: "token_wrong",
    100: "number_unknown",
    10: "permission_missing",
    200: "permission_missing",
}
