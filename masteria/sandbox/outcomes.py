"""Magic numbers: the last four digits of a customer's number choose what happens to messages sent to it.

The page `/` explains each one in words from the message files, under the key `magic_<digits>`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """What is special about one number."""

    refuse: int = 0
    """Refused with this code …"""
    refuse_times: int = 0
    """… so many times, then taken; 0 for always."""
    error_after: int = 0
    silent: bool = False
    cut: bool = False
    held: bool = False
    steps: tuple[str, ...] = ()
    """The statuses instead of sent, delivered and perhaps read; `failed` carries `fail_code`."""
    fail_code: int = 0
    says: str = ""
    """What the person answers at once."""
    hides_phone: bool = False
    username: str = ""


def _fails(code: int, *before: str) -> Outcome:
    return Outcome(steps=(*before, "failed"), fail_code=code)


ORDINARY = Outcome()
MAGIC: dict[str, Outcome] = {
    "9979": Outcome(steps=("sent", "read")),
    "9980": Outcome(says="SAIR"),
    "9981": _fails(131053),
    "9982": _fails(131026, "sent"),
    "9983": _fails(130429),
    "9984": Outcome(held=True, steps=("failed",), fail_code=132015),
    "9985": Outcome(held=True),
    "9986": Outcome(username="maria.teste"),
    "9987": Outcome(hides_phone=True, username="sem.numero"),
    "9988": Outcome(cut=True),
    "9989": _fails(131047),
    "9990": Outcome(refuse=130429, refuse_times=1),
    "9991": _fails(131026),
    "9992": _fails(131049),
    "9993": _fails(131050),
    "9994": _fails(130472),
    "9995": Outcome(error_after=131000),
    "9996": Outcome(silent=True),
    "9997": Outcome(refuse=131009),
    "9998": Outcome(refuse=131056, refuse_times=2),
    "9999": Outcome(steps=("sent",)),
}


def outcome_of(digits: str) -> Outcome:
    """What shall happen to a message for this number."""
    return MAGIC.get(digits[-4:], ORDINARY)
