"""How far a message got, as the API tells it: times of each state, and why it ended."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from masteria.api.sentences import sentence
from masteria.api.shapes import Shape

STATES = ("sent", "delivered", "read", "failed", "replied")


class Moment(Shape):
    state: str
    at: datetime


class Reason(Shape):
    code: str
    text: str
    retryable: bool


def timeline_of(row: Any) -> list[Moment]:
    """The states a row has been in, in the order of time."""
    times = [(state, getattr(row, f"{state}_at", None)) for state in STATES]
    return sorted((Moment(state=s, at=at) for s, at in times if at is not None), key=lambda moment: moment.at)


def reason_of(row: Any) -> Reason | None:
    """Why it was not sent. Only a message whose outcome is known and bad may be tried again by a person."""
    code = row.reason_code
    if not code:
        return None
    text = f"The provider refused it with its error {code}." if code.isdigit() else sentence(code)
    return Reason(code=code, text=text, retryable=row.state == "failed")
