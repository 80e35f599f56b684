"""Money as whole millionths of a unit: message prices have four decimals, and floats lose cents."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in millionths (`micros`) of a currency's unit, the currency by its ISO 4217 code."""

    micros: int
    currency: str

    def __add__(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}")
        return Money(self.micros + other.micros, self.currency)

    def __mul__(self, times: int) -> Money:
        return Money(self.micros * times, self.currency)

    def __str__(self) -> str:
        amount = Decimal(self.micros) / 1_000_000
        return f"{amount:f}"
