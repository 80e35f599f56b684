"""What a plain HTML form hands back to its page when it was refused: the codes of the error and what was typed.

It rides in a short-lived cookie that scripts cannot read: `api/auth.py` writes it, the page's state reads it.
"""

from __future__ import annotations

import base64
import dataclasses
import json

COOKIE = "masteria-form"
SECONDS = 120
TYPED_LENGTH = 160  # of each value: a cookie is small


@dataclasses.dataclass(frozen=True, slots=True)
class Refused:
    """`field` and `reason` as in `Invalid` or `Conflict`; `limit` where the sentence needs one."""

    form: str
    field: str
    reason: str
    limit: int = 0
    typed: dict[str, str] = dataclasses.field(default_factory=dict)


def write(refused: Refused) -> str:
    """As a cookie's value."""
    short = {name: value[:TYPED_LENGTH] for name, value in refused.typed.items()}
    content = {**dataclasses.asdict(refused), "typed": short}
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def read(value: str) -> Refused | None:
    """From a cookie's value; anything that is not ours is nothing."""
    try:
        content = json.loads(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
        typed = {str(k): str(v) for k, v in content["typed"].items()}
        return Refused(
            str(content["form"]), str(content["field"]), str(content["reason"]), int(content["limit"]), typed
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
