"""Minha conta: the reader's own name, language and devices, and what became of the forms that the browser posts."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from masteria.actions import devices, profile
from masteria.core import forms
from masteria.kit.errors import Invalid
from masteria.kit.ids import parse_id
from masteria.ui import identity
from masteria.ui.guard import needs
from masteria.ui.profile import Profile
from masteria.ui.screen import Screen, explain, field_of
from masteria.ui.signin.state import cookie_of, words_for
from masteria.ui.texts import Language

DONE = ("password", "email")


@dataclass
class DeviceRow:
    id: str
    name: str
    glyph: str
    where: str
    seen: str
    is_this: bool


class AccountState(Screen, rx.State):
    loaded: bool = False
    name: str = ""
    language: str = ""
    email: str = ""
    typed_email: str = ""
    has_password: bool = True
    devices: list[DeviceRow] = []
    done: str = ""
    problem: str = ""
    problem_field: str = ""
    problem_form: str = ""

    @rx.event
    @needs(None)
    async def enter(self):
        """Open the page; a form that came back says how it went."""
        actor, asked = identity.current(), self.router.url.query_parameters
        self.name, self.language, self.email = actor.name, actor.language, actor.email
        self.done = str(asked.get("done")) if asked.get("done") in DONE else ""
        self.problem = self.problem_field = self.problem_form = self.typed_email = ""
        refused = forms.read(cookie_of(self.router.headers.cookie)) if asked.get("again") else None
        if refused is not None and refused.form in DONE:
            self.problem, self.problem_field, self.problem_form = words_for(refused), refused.field, refused.form
            self.typed_email = refused.typed.get("email", "")
        self.has_password = await self._flow(profile.has_password)
        await self._load_devices()
        self.loaded = True
        return _show(self.done or self.problem_form)

    @rx.event
    @needs(None)
    async def save(self, form: dict[str, str]):
        """The name and the language of the reader."""
        name, language = str(form.get("name", "")), str(form.get("language", ""))
        self.done, self.problem_form, self.problem = "", "profile", ""
        try:
            await self._flow(profile.save, name, language)
        except Invalid as error:
            self.problem, self.problem_field = explain(error, self._language()), field_of(error)
            return None
        identity.forget_all()
        self.name, self.language = " ".join(name.split()), language
        reading = await self.get_state(Language)
        reading.choice = reading.usual = language
        shown = await self.get_state(Profile)
        shown.name = self.name
        return rx.toast.success(self._say("account.saved"))

    @rx.event
    @needs(None)
    async def end(self, device_id: str):
        """Sign one of the reader's devices out."""
        await self._flow(devices.end_one, parse_id(device_id))
        await self._load_devices()
        return rx.toast.success(self._say("account.device_ended"))

    @rx.event
    @needs(None)
    async def end_others(self):
        """Sign every other device of the reader out."""
        await self._flow(devices.end_others)
        await self._load_devices()
        return rx.toast.success(self._say("account.devices_ended"))

    async def _load_devices(self) -> None:
        found = await self._flow(devices.list_devices)
        several = len({device.company for device in found}) > 1
        self.devices = [self._row(device, several) for device in found]

    def _row(self, device: devices.Device, several: bool) -> DeviceRow:
        is_known = device.browser and device.system
        name = self._say("account.device", browser=device.browser, system=device.system) if is_known else ""
        when = self._moment(device.last_seen_at)
        return DeviceRow(
            id=str(device.id),
            name=name or device.browser or device.system or self._say("account.device_unknown"),
            glyph="smartphone" if device.system in ("Android", "iPhone", "iPad") else "monitor",
            where=" · ".join(filter(None, (device.ip, device.company if several else ""))),
            seen=self._say("account.device_now" if device.is_this else "account.device_seen", when=when),
            is_this=device.is_this,
        )


def _show(section: str) -> rx.event.EventSpec | None:
    """Bring the section whose form came back into view, once it is drawn."""
    if section not in DONE:
        return None
    return rx.call_script(f"document.getElementById('section-{section}').scrollIntoView()")
