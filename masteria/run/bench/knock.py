"""`python -m masteria.run.bench.knock FILE PORT RATE OUT`: prepared requests at a constant rate, whatever the answers do.

Open loop: a latency counts from the moment its request was due, so a slow server cannot hide behind a waiting client.
"""

from __future__ import annotations

import asyncio
import json
import struct
import sys
import time
from collections import deque
from pathlib import Path
from typing import cast

import uvloop

CONNECTIONS = 200
HEAD = struct.Struct("<II")  # statuses in it, its length
LONGEST_SECONDS = 60.0  # without any answer


class Line(asyncio.Protocol):
    """One kept-alive connection with one request at a time."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.transport: asyncio.Transport | None = None
        self.heard = b""
        self.number = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def say(self, number: int, raw: bytes) -> None:
        self.number = number
        assert self.transport is not None
        self.transport.write(raw)

    def data_received(self, data: bytes) -> None:
        self.heard += data
        head, found, body = self.heard.partition(b"\r\n\r\n")
        if found and len(body) >= _length(head):
            self.heard = b""
            self.crowd.answered(self, head[9:12] == b"200")

    def connection_lost(self, exc: Exception | None) -> None:
        self.crowd.lost()


class Crowd:
    """All connections, what is due, and when each request was sent and answered."""

    def __init__(self, requests: list[tuple[int, bytes]], rate: float) -> None:
        self.requests, self.rate = requests, rate
        self.idle: list[Line] = []
        self.late: deque[int] = deque()
        self.due = [0.0] * len(requests)
        self.sent = [0.0] * len(requests)
        self.answers: list[float] = []
        self.refused = self.lost_lines = 0

    async def run(self, port: int) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(CONNECTIONS):
            _, line = await loop.create_connection(lambda: Line(self), "127.0.0.1", port)
            self.idle.append(line)
        moment = time.time() + 0.1
        for number, (statuses, _) in enumerate(self.requests):
            self.due[number] = moment
            moment += statuses / self.rate
        number, heard_at, heard = 0, time.time(), 0
        while len(self.answers) < len(self.requests) and not self.lost_lines:
            while number < len(self.requests) and self.due[number] <= time.time():
                self.late.append(number)
                number += 1
            self.send()
            if len(self.answers) != heard or number < len(self.requests):
                heard_at, heard = time.time(), len(self.answers)
            if time.time() - heard_at > LONGEST_SECONDS:
                return
            await asyncio.sleep(0.001)

    def send(self) -> None:
        while self.late and self.idle:
            number = self.late.popleft()
            self.sent[number] = time.time()
            self.idle.pop().say(number, self.requests[number][1])

    def answered(self, line: Line, well: bool) -> None:
        self.answers.append(time.time() - self.due[line.number])
        self.refused += not well
        self.idle.append(line)
        self.send()

    def lost(self) -> None:
        self.lost_lines += 1


def _length(head: bytes) -> int:
    _, found, after = head.lower().partition(b"content-length:")
    return int(after.split(b"\r\n")[0]) if found else 0


def read(path: Path) -> list[tuple[int, bytes]]:
    raw, place, found = path.read_bytes(), 0, []
    while place < len(raw):
        statuses, length = HEAD.unpack_from(raw, place)
        place += HEAD.size
        found.append((statuses, raw[place : place + length]))
        place += length
    return found


def main() -> int:
    path, port, rate, out = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4])
    crowd = Crowd(read(path), rate)
    uvloop.run(crowd.run(port))
    figures = {"answers": crowd.answers, "refused": crowd.refused, "lost_lines": crowd.lost_lines, "sent": crowd.sent}
    out.with_suffix(".new").write_text(json.dumps(figures))
    out.with_suffix(".new").rename(out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
