"""A tab's socket without a browser: whatever a stranger's program could send, and every frame that comes back."""

from __future__ import annotations

import asyncio
import json
import re
from types import TracebackType
from typing import Any

import socketio

from masteria.masteria import app as _app  # noqa: F401 — registers every screen
from masteria.ui.screen import PAGES
from masteria.ui.texts import Language

NAMESPACE = "/_event"
HYDRATE = "reflex___state____state.hydrate_and_load"
PROBE = f"{Language.get_full_name()}.choose"
ROOT = HYDRATE.partition(".")[0]
SECONDS = 30
LOADING = 6  # a page's load is a chain of this many events


class Wire:
    """`async with Wire(url, cookie) as tab`, then `await tab.call(name, **payload)` for the frames it brought."""

    def __init__(self, url: str, cookie: str = "", *, token: str, place: dict[str, Any] | None = None) -> None:
        self.url, self.cookie, self.token = url, cookie, token
        self.place = place or {"pathname": "/campaigns", "asPath": "/campaigns", "query": {}}
        self.frames: list[dict[str, Any]] = []  # everything that ever came
        self._turn = 0
        self._last: Any = None
        self._came = asyncio.Event()
        # with the standard library's JSON: Reflex' own, set for this whole process, cannot write half a character
        self._client = socketio.AsyncClient(reconnection=False, json=json)
        self._client.on("event", self._take, namespace=NAMESPACE)

    async def __aenter__(self) -> Wire:
        headers = {"origin": self.url, **({"cookie": self.cookie} if self.cookie else {})}
        await self._client.connect(
            f"{self.url}?token={self.token}",
            headers=headers,
            transports=["websocket"],
            namespaces=[NAMESPACE],
            socketio_path="_event",
            auth={"event": self._event(HYDRATE, {})},
        )
        await self.settled(LOADING)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._client.disconnect()

    async def call(self, name: str, payload: Any) -> list[dict[str, Any]]:
        """Call a handler by its name; the frames that came until the socket had answered a question after it."""
        return await self.send(self._event(name, payload), 2 if ".masteria___" in name else LOADING)

    async def send(self, content: Any, rounds: int = 2) -> list[dict[str, Any]]:
        """Send anything at all as an event."""
        seen, self._last = len(self.frames), content
        await self._client.emit("event", content, namespace=NAMESPACE)
        await self.settled(rounds)
        return [frame for frame in self.frames[seen:] if not self._is_probe(frame)]

    async def settled(self, rounds: int) -> None:
        """Everything asked before is done: a tab's events run in order, those that they chain one round later each."""
        for _ in range(rounds):
            self._turn += 1
            seen, code = len(self.frames), ("en", "es")[self._turn % 2]
            await self._client.emit("event", self._event(PROBE, {"code": code}), namespace=NAMESPACE)
            try:
                async with asyncio.timeout(SECONDS):
                    while not any(self._is_probe(frame, code) for frame in self.frames[seen:]):
                        self._came.clear()
                        await self._came.wait()
            except TimeoutError:
                raise AssertionError(
                    f"no answer after {self._last!r:.300}; it had {self.frames[seen:]}"[:2000]
                ) from None

    def text(self) -> str:
        """Every frame as one text, with its letters as a person reads them."""
        return json.dumps(self.frames, ensure_ascii=False)

    def _event(self, name: str, payload: Any) -> dict[str, Any]:
        return {"name": name, "payload": payload, "router_data": self.place}

    async def _take(self, update: dict[str, Any] | str) -> None:
        self.frames.append(json.loads(update) if isinstance(update, str) else update)
        self._came.set()

    @staticmethod
    def _is_probe(frame: dict[str, Any], code: str | None = None) -> bool:
        delta = frame.get("delta", {})
        told = delta.get(Language.get_full_name(), {}).get("code_rx_state_")
        return told is not None and code in (None, told) and delta.keys() <= {Language.get_full_name(), ROOT}


def changed(frames: list[dict[str, Any]], *, without_address: bool = False) -> dict[str, Any]:
    """What the frames change in the page, by `state.var`."""
    return {
        f"{state}.{name}": value
        for frame in frames
        for state, values in frame.get("delta", {}).items()
        for name, value in values.items()
        if not (without_address and (name.startswith("rx_router") or name in _FROM_ADDRESS))
    }


def said(frames: list[dict[str, Any]]) -> str:
    """What the frames tell the browser to run, with its letters as a person reads them."""
    events = [event for frame in frames for event in frame.get("events", [])]
    text = " ".join(str(value) for event in events for value in event["payload"].values())
    return re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text)


_FROM_ADDRESS = {f"{name}_rx_state_" for name in re.findall(r"\[(\w+)\]", " ".join(PAGES))}
