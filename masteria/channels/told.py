"""What one item of a webhook tells: its kind, its fields as they are shown outside, and the part it was read from. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from masteria.channels.values import as_dict, moment, seconds, text
from masteria.kit.storable import storable

Item = dict[str, Any]
BROKEN = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, RecursionError)


@dataclass(frozen=True, slots=True)
class Told:
    """One normalised event. `fields` hold exactly what is promised for the kind; `item` is what the vendor
    wrote.

    `number` is the vendor's id of the number it is for (None: the whole account), `account` its account.
    """

    kind: str
    fields: dict[str, Any]
    at: datetime
    number: str | None
    account: str | None
    item: Any = field(repr=False)

    def shown(self) -> dict[str, Any]:
        """As one JSON object."""
        return {"kind": self.kind, **self.fields}


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a webhook of Meta's, and what its items share."""

    field: str
    value: dict[str, Any]
    number: str | None
    account: str | None
    received_at: datetime
    people: list[dict[str, Any]]

    def told(self, kind: str, fields: dict[str, Any], item: Any, at: Any = None) -> Told:
        """An event of this change; `at` as Meta wrote it."""
        return Told(kind, fields, moment(at, self.received_at), self.number, self.account, item)

    def unknown(self, what: str, value: Any) -> Told:
        """Something not understood: kept raw, named in the diagnostics."""
        return self.told("unknown", {"what": what, "value": storable(value)}, value)

    def each(self, name: str, read: Callable[[Change, dict[str, Any]], list[Told]]) -> Iterator[Told]:
        """All items of a list; one that breaks its reader becomes `unknown` and loses no neighbour."""
        for item in items(self.value.get(name)):
            if not isinstance(item, dict):
                yield self.unknown("item", item)
                continue
            try:
                found = read(self, item)
            except BROKEN:
                found = [self.unknown("item", item)]
            yield from found

    def time_of(self, item: Item) -> int:
        """When it happened, in seconds; without a time of its own, when it was received."""
        found = seconds(item.get("timestamp"))
        return int(self.received_at.timestamp()) if found is None else found

    def person_of(self, wa_id: Any, user_id: str | None) -> dict[str, Any]:
        """By id, never by position: one change may bring messages of several people."""
        for key, wanted in (("user_id", user_id), ("wa_id", wa_id)):
            for person in self.people:
                if wanted and text(person.get(key)) == text(wanted):
                    return person
        return {}


def items(value: Any) -> list[Any]:
    """A list's items. It may be missing, null or empty; what is no list is its only item."""
    if isinstance(value, list):
        return value
    return [value] if value else []


def part(value: Any, *path: str) -> Any:
    """What lies at a path of objects, any of which may be missing or something else."""
    for name in path:
        value = as_dict(value).get(name)
    return value
