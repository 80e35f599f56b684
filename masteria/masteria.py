"""Builds the app: screens, the guard in front of every event, the routes beside them, the live hub."""

from __future__ import annotations

import reflex as rx

from masteria.api import app as api
from masteria.api.proxies import BehindProxies
from masteria.api.static import StaticPolicy
from masteria.ui import tabs
from masteria.ui.admin import companies as _companies  # noqa: F401
from masteria.ui.admin import company as _company  # noqa: F401
from masteria.ui.admin import log as _log  # noqa: F401
from masteria.ui.admin import people as _people  # noqa: F401
from masteria.ui.admin import suspended as _suspended  # noqa: F401
from masteria.ui.campaigns import page as _campaigns  # noqa: F401
from masteria.ui.channels import page as _channels  # noqa: F401
from masteria.ui.contacts import page as _contacts  # noqa: F401
from masteria.ui.conversations import page as _conversations  # noqa: F401
from masteria.ui.guard import Guard
from masteria.ui.invite import page as _invite  # noqa: F401
from masteria.ui.live import hub
from masteria.ui.problems import on_error
from masteria.ui.received import page as _received  # noqa: F401
from masteria.ui.settings.account import page as _account  # noqa: F401
from masteria.ui.settings.audit import page as _audit  # noqa: F401
from masteria.ui.settings.company import page as _own_company  # noqa: F401
from masteria.ui.settings.keys import page as _keys  # noqa: F401
from masteria.ui.settings.team import invites_page as _invites  # noqa: F401
from masteria.ui.settings.team import people as _team  # noqa: F401
from masteria.ui.settings.team import roles_page as _roles  # noqa: F401
from masteria.ui.settings.team import teams_page as _teams  # noqa: F401
from masteria.ui.signin import page as _signin  # noqa: F401
from masteria.ui.signin import steps as _steps  # noqa: F401
from masteria.ui.theme import THEME_COLOR

VIEWPORT = "width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"
HEAD = [
    rx.el.script(src="/boot.js"),
    rx.el.link(rel="manifest", href="/manifest.webmanifest"),
    rx.el.link(rel="icon", href="/mark.svg", type="image/svg+xml"),
    rx.el.link(rel="icon", href="/icon-192.png", type="image/png", sizes="192x192"),
    rx.el.link(rel="apple-touch-icon", href="/icon-192.png"),
    rx.el.meta(name="theme-color", content=THEME_COLOR),
    rx.el.meta(name="color-scheme", content="light dark"),
    rx.el.meta(name="viewport", content=VIEWPORT),
]

app = rx.App(
    backend_exception_handler=on_error,
    stylesheets=["/masteria.css"],
    head_components=HEAD,
    html_lang="pt-BR",
    api_transformer=[api.build(), StaticPolicy, BehindProxies],
)
# the shell shows a lost connection itself, in the reader's language
app.app_wraps[5, "Overlay"] = lambda stateful: None
app.add_middleware(Guard())
app._state_manager = tabs.mended(app.state_manager)


async def live() -> None:
    """Listen to announcements for the life of the process."""
    await hub.run(app)


app.register_lifespan_task(live)
