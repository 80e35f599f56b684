"""HTTP/1.1 on a bare asyncio protocol: nothing between bytes and message, and a connection can be cut on purpose."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import parse_qsl, unquote

log = logging.getLogger("masteria.sandbox")
MAX_HEAD = 64 * 1024
MAX_BODY = 110 * 1024 * 1024
REASONS = {200: "OK", 204: "No Content", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}
CUT = struct.pack("ii", 1, 0)  # linger for no time: the peer sees a reset, not an end


@dataclass(slots=True, frozen=True)
class Call:
    """A request; header names are in lower case."""

    method: str
    path: str
    query_string: str
    headers: dict[str, str]
    body: bytes

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.query_string, keep_blank_values=True))

    @property
    def base(self) -> str:
        return f"http://{self.headers.get('host', '127.0.0.1')}"

    @property
    def token(self) -> str:
        found = self.headers.get("authorization", "")
        return found.removeprefix("Bearer ").removeprefix("OAuth ").strip()


class Exchange:
    """The way back of one request: an answer, a stream, silence, or a cut."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def is_open(self) -> bool:
        """False when the answer is given or the caller went away."""
        return self._connection.exchange is self

    @property
    def is_clogged(self) -> bool:
        """True while the caller reads more slowly than we write."""
        return self._connection.clogged

    def reply(
        self, status: int, body: bytes, kind: str = "application/json", more: Iterable[tuple[str, str]] = ()
    ) -> None:
        """Answer, unless the caller went away."""
        if not self.is_open:
            return
        extra = "".join(f"{name}: {value}\r\n" for name, value in more)
        head = f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}\r\ncontent-type: {kind}\r\n"
        head += f"content-length: {len(body)}\r\n{extra}\r\n"
        self._connection.write(head.encode("latin-1") + body)
        self._connection.answered()

    def json(self, status: int, found: Any) -> None:
        self.reply(status, json.dumps(found).encode())

    def stream(self, kind: str) -> None:
        """Begin an answer without end; `push` adds to it."""
        head = f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n"
        self._connection.write(head.encode())

    def push(self, data: bytes) -> None:
        if self.is_open:
            self._connection.write(data)

    def cut(self) -> None:
        """The caller sees a connection reset."""
        self._connection.cut()


Handler = Callable[[Call, Exchange], None]


class Connection(asyncio.Protocol):
    """One caller: its requests in turn, the next one read only when the last is answered."""

    def __init__(self, handle: Handler, everyone: set[Connection]) -> None:
        self.handle = handle
        self.everyone = everyone
        self.transport: asyncio.Transport | None = None
        self.buffer = bytearray()
        self.head: tuple[str, str, dict[str, str]] | None = None
        self.chunks: list[bytes] = []
        self.exchange: Exchange | None = None
        self.clogged = False
        self.keep = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is one, but not by name
        self.everyone.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = self.exchange = None
        self.everyone.discard(self)

    def pause_writing(self) -> None:
        self.clogged = True

    def resume_writing(self) -> None:
        self.clogged = False

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.exchange is None:
            self._read()

    def write(self, data: bytes) -> None:
        if self.transport is not None:
            self.transport.write(data)

    def answered(self) -> None:
        self.exchange = None
        if not self.keep:
            self.close()
        elif self.buffer:
            asyncio.get_running_loop().call_soon(self._read)

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()

    def cut(self) -> None:
        if self.transport is None:
            return
        found = self.transport.get_extra_info("socket")
        if found is not None:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CUT)
        self.transport.abort()

    def _read(self) -> None:
        if self.exchange is not None or self.transport is None:
            return
        try:
            if self.head is None and not self._read_head():
                return
            body = self._read_body()
        except ValueError as error:
            self.keep = False
            self.exchange = Exchange(self)
            self.exchange.reply(400, str(error).encode(), "text/plain")
            return
        if body is None or self.head is None:
            return
        method, target, headers = self.head
        self.head = None
        path, _, query = target.partition("?")
        self.exchange = exchange = Exchange(self)
        try:
            self.handle(Call(method, unquote(path) if "%" in path else path, query, headers, body), exchange)
        except Exception:
            log.exception("%s %s", method, path)
            exchange.reply(500, b'{"error":{"message":"The sandbox failed; see its log.","code":1}}')

    def _read_head(self) -> bool:
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self.buffer) > MAX_HEAD:
                raise ValueError("The head of the request is too long.")
            return False
        lines = self.buffer[:end].decode("latin-1").split("\r\n")
        del self.buffer[: end + 4]
        first = lines[0].split(" ")
        if len(first) != 3 or not first[2].startswith("HTTP/1."):
            raise ValueError("This is not HTTP/1.")
        headers: dict[str, str] = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        self.keep = headers.get("connection", "").lower() != "close" and first[2] == "HTTP/1.1"
        if int(headers.get("content-length") or 0) > MAX_BODY:
            raise ValueError("The body is too large.")
        if headers.get("expect", "").lower() == "100-continue":
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.head = (first[0], first[1], headers)
        return True

    def _read_body(self) -> bytes | None:
        """The whole body, or None while more is to come."""
        assert self.head is not None
        headers = self.head[2]
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return self._read_chunks()
        length = int(headers.get("content-length") or 0)
        if len(self.buffer) < length:
            return None
        body = bytes(self.buffer[:length])
        del self.buffer[:length]
        return body

    def _read_chunks(self) -> bytes | None:
        while (line := self.buffer.find(b"\r\n")) >= 0:
            size = int(self.buffer[:line].partition(b";")[0], 16)
            if len(self.buffer) < line + 2 + size + 2:
                return None
            self.chunks.append(bytes(self.buffer[line + 2 : line + 2 + size]))
            del self.buffer[: line + 2 + size + 2]
            if size == 0:
                body, self.chunks = b"".join(self.chunks), []
                return body
            if sum(map(len, self.chunks)) > MAX_BODY:
                raise ValueError("The body is too large.")
        return None
