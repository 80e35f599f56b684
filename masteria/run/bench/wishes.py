"""What can be asked of a benchmark; it travels to the process that runs it as JSON."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Dispatch:
    """`rate` 0 is unlimited; `latency` the receiver's, in milliseconds; `pause` stops half-way and goes on.

    `kills`, `database_restarts` and `flushes` happen at random moments. `side` is `masteria` or the peer's name;
    `concurrency` the peer's.
    """

    recipients: int = 5000
    rate: int = 80
    latency: str = "50-150"
    pause: bool = False
    workers: int = 1
    kills: int = 0
    database_restarts: int = 0
    flushes: int = 0
    side: str = "masteria"
    concurrency: int = 0

    @property
    def breaks(self) -> int:
        return self.kills + self.database_restarts + self.flushes


@dataclass(frozen=True)
class Webhooks:
    """`statuses` in all at `rate` a second, in bodies of 1 and of `batch`; `doors`: without the screens around them."""

    statuses: int = 60_000
    rate: int = 3000
    batch: int = 20
    single_share: float = 0.3
    doors: bool = False


@dataclass(frozen=True)
class Growth:
    """How many recipients, and as many messages, for each measurement; the first size is what others are held to."""

    sizes: tuple[int, ...] = (10_000, 1_000_000, 10_000_000)
    rounds: int = 15


@dataclass(frozen=True)
class Walls:
    """`pairs` of each step, with the walls and without, in tables of `size` recipients and messages."""

    pairs: int = 60
    size: int = 100_000
