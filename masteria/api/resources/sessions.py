"""Where the caller is signed in. A person's own sessions only; a key has none."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from masteria.actions import devices
from masteria.api.door import Caller, needs, router
from masteria.api.shapes import Shape

routes = router("sessions")


class Session(Shape):
    id: UUID
    browser: str = Field(description="As the device names itself; empty when it does not")
    system: str
    ip: str
    method: str = Field(description="How the person showed who they are: password, or the name of a provider")
    company: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    is_this: bool = Field(description="The session that this request belongs to")


class Sessions(Shape):
    data: list[Session]
    next_cursor: None = None


@routes.get("/sessions", dependencies=[needs(None)])
def list_sessions(caller: Caller) -> Sessions:
    """Every device on which you are signed in now: this one first, then the latest seen."""
    return Sessions(data=[Session.model_validate(device) for device in devices.list_devices(caller)])


@routes.delete("/sessions/{session_id}", status_code=204, dependencies=[needs(None)])
def end_session(caller: Caller, session_id: UUID) -> None:
    """That device is signed out at once; it may be this one."""
    devices.end_one(caller, session_id)
