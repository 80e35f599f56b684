"""Magic numbers: the last four digits of a customer's number choose what happens to messages sent to it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """What is special about one number; `text` explains it on the sandbox's page."""

    text: str = ""
    fail_later: int = 0
    refuse_always: int = 0
    refuse_first: int = 0
    refuse_times: int = 0
    error_after: int = 0
    silent: bool = False
    only_sent: bool = False


ORDINARY = Outcome()
MAGIC: dict[str, Outcome] = {
    "9990": Outcome(
        "refused with 130429 (number's throughput) the first time, then taken", refuse_first=130429, refuse_times=1
    ),
    "9991": Outcome("taken, then fails with 131026 (undeliverable)", fail_later=131026),
    "9992": Outcome("taken, then fails with 131049 (this person has had enough marketing)", fail_later=131049),
    "9993": Outcome("taken, then fails with 131050 (the person stopped marketing)", fail_later=131050),
    "9994": Outcome("taken, then fails with 130472 (Meta's experiment)", fail_later=130472),
    "9995": Outcome("taken, but answered with 131000 (HTTP 500): the caller cannot know", error_after=131000),
    "9996": Outcome("taken, but never answered", silent=True),
    "9997": Outcome("refused with 131009 (invalid parameter)", refuse_always=131009),
    "9998": Outcome(
        "refused twice with 131056 (too many to one person), then taken", refuse_first=131056, refuse_times=2
    ),
    "9999": Outcome("taken and sent, never delivered", only_sent=True),
}


def outcome_of(digits: str) -> Outcome:
    """What shall happen to a message for this number."""
    return MAGIC.get(digits[-4:], ORDINARY)
