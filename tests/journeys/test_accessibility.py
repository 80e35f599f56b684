"""Every page as axe sees it: WCAG 2.2 A and AA and good practice, in light and dark, on a desk and on a phone."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect

from masteria.run.welcome import DEMO_EMAIL, DEMO_PASSWORD
from masteria.sandbox import sample
from tests.journeys.conftest import Panel, data_folder, up
from tests.ports import free_port

DATA = Path(__file__).parents[1] / "data"
SIZES = ((1440, 900), (375, 812))
THEMES = ("light", "dark")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})"
UNREADABLE = """async element => {
    const found = await axe.run(element, {runOnly: {type: 'rule', values: ['color-contrast']}});
    return found.violations.flatMap(rule => rule.nodes);
}"""
SHOTS = os.environ.get("MASTERIA_TEST_SHOTS")  # a folder, to look at what was checked


@pytest.fixture(scope="module")
def demo() -> Iterator[tuple[str, str]]:
    """The sample company: the panel's address and the simulated phones'."""
    port, phones = free_port(), free_port()
    with data_folder() as data:
        process, _ = up("--demo", "--port", str(port), "--sandbox-port", str(phones), "--data-dir", str(data))
        yield f"http://127.0.0.1:{port}", f"http://127.0.0.1:{phones}"
        process.send_signal(signal.SIGTERM)
        process.wait(20)


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Page]:
    """Somebody new, whose device asks for no motion: what fades in would be measured half-way."""
    context = browser.new_context(locale="pt-BR", reduced_motion="reduce")
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def ana(browser: Browser, demo: tuple[str, str]) -> Iterator[Page]:
    """The owner of the sample company, signed in."""
    context = browser.new_context(locale="pt-BR", reduced_motion="reduce")
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.goto(f"{demo[0]}/login")
    page.get_by_label("E-mail").fill(DEMO_EMAIL)
    page.get_by_label("Senha").fill(DEMO_PASSWORD)
    page.get_by_role("button", name="Entrar").click()
    page.wait_for_url("**/campaigns")
    yield page
    context.close()


def check(page: Page, name: str, *, but: str = "none") -> None:
    """No violation of any weight, whatever the theme and the width."""
    found: dict[str, list[str]] = {}
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            if page.locator(".radix-themes").count():  # the panel's own switch follows the device's
                expect(page.locator("html")).to_have_class(re.compile(theme))
            if SHOTS:
                page.screenshot(path=f"{SHOTS}/{name}-{width}-{theme}.png")
            for violation in [v for v in violations(page) if f" {but}:" not in v]:
                found.setdefault(violation, []).append(f"{width} {theme}")
    assert found == {}, name


def violations(page: Page) -> list[str]:
    """Rule, weight, and the first places of each violation on the page as it stands."""
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(AXE_SCRIPT)
    result: dict[str, Any] = page.evaluate(RUN, TAGS)
    assert len(result["passes"]) > 5, "axe looked at nothing"
    return [
        f"{rule['impact']} {rule['id']}: {node['html'][:160]} {_why(node)}"
        for rule in result["violations"]
        for node in rule["nodes"][:4]
    ]


def _why(node: dict[str, Any]) -> str:
    data = (node["any"] or node["all"] or [{}])[0].get("data") or {}
    return f"{data.get('contrastRatio')} {data.get('fgColor')} {data.get('bgColor')}" if isinstance(data, dict) else ""


def test_before_the_first_company(visitor: Page, panel: Panel) -> None:
    visitor.goto(f"{panel.url}/login")
    expect(visitor.get_by_role("heading", level=1)).to_be_visible()
    check(visitor, "no-company")
    visitor.goto(panel.setup)
    expect(visitor.get_by_role("button", name="Criar empresa")).to_be_enabled()
    check(visitor, "setup")
    for label, text in (("Nome da empresa", "Aurora"), ("Seu nome", "Ana"), ("E-mail", "ana@aurora.example")):
        visitor.get_by_label(label).fill(text)
    visitor.get_by_label("Senha").evaluate("field => field.removeAttribute('minlength')")
    visitor.get_by_label("Senha").fill("curta")
    visitor.get_by_role("button", name="Criar empresa").click()
    expect(visitor.get_by_role("alert")).to_be_visible()
    check(visitor, "setup-refused")
    visitor.goto(f"{panel.url}/setup?token=wrong")
    expect(visitor.get_by_role("link", name="Ir para a entrada")).to_be_visible()
    check(visitor, "setup-closed")


def test_signing_in(visitor: Page, demo: tuple[str, str]) -> None:
    visitor.goto(f"{demo[0]}/login")
    expect(visitor.get_by_label("Senha")).to_be_visible()
    check(visitor, "login")
    visitor.get_by_label("E-mail").fill(DEMO_EMAIL)
    visitor.get_by_label("Senha").fill("outra-senha-qualquer")
    visitor.get_by_role("button", name="Entrar").click()
    expect(visitor.get_by_role("alert")).to_be_visible()
    check(visitor, "login-refused")
    visitor.goto(f"{demo[0]}/nowhere")
    expect(visitor.get_by_role("heading", level=1)).to_be_visible()
    check(visitor, "lost")


def test_coming_in_anew(visitor: Page, demo: tuple[str, str]) -> None:
    visitor.goto(f"{demo[0]}/signup")
    for label, text in (("Nome da empresa", "Café"), ("Seu nome", "Lia"), ("E-mail", "lia@cafe.example")):
        visitor.get_by_label(label).fill(text)
    visitor.get_by_label("Senha").fill("senha123456")
    visitor.get_by_role("button", name="Criar empresa").click()
    expect(visitor.get_by_role("alert")).to_be_visible()
    check(visitor, "signup-refused")
    visitor.get_by_label("Senha").fill("tijolo janela 94")
    visitor.get_by_role("button", name="Criar empresa").click()
    expect(visitor.get_by_role("heading", name="Veja seu e-mail")).to_be_visible()
    check(visitor, "signup-sent")
    for path, shows in (("forgot", "Enviar link"), ("reset?token=x", "Trocar a senha")):
        visitor.goto(f"{demo[0]}/{path}")
        expect(visitor.get_by_role("button", name=shows)).to_be_enabled()
        check(visitor, path.partition("?")[0])
    visitor.goto(f"{demo[0]}/verify?token=x")
    expect(visitor.get_by_role("link", name="Ir para a entrada")).to_be_visible()
    check(visitor, "verify-closed")
    visitor.goto(f"{demo[1]}/mailbox")
    check(visitor, "mailbox")
    visitor.get_by_role("link", name="Confirme seu e-mail").first.click()
    expect(visitor.get_by_role("article")).to_be_visible()
    check(visitor, "letter")
    visitor.get_by_role("article").get_by_role("link").filter(has_text="token=").click()
    expect(visitor.get_by_role("button", name="Confirmar")).to_be_enabled()
    check(visitor, "verify")


def test_the_readers_account(ana: Page, demo: tuple[str, str]) -> None:
    ana.goto(f"{demo[0]}/settings/account")
    expect(ana.get_by_text("Este aparelho", exact=True)).to_be_visible()
    check(ana, "account")
    ana.get_by_label("Novo e-mail").fill("ana.prado@aurora.example")
    ana.get_by_label("Senha atual").first.fill("nao e a senha dela")
    ana.get_by_role("button", name="Trocar e-mail").click()
    expect(ana.get_by_role("alert")).to_contain_text("não confere")
    check(ana, "account-refused")


@pytest.mark.parametrize(
    "path",
    [
        "/settings/team",
        "/settings/team/invites",
        "/settings/team/teams",
        "/settings/team/roles",
        "/settings/company",
        "/settings/keys",
        "/settings/audit",
        "/admin",
        "/admin/users",
        "/admin/log",
    ],
)
def test_the_settings(ana: Page, demo: tuple[str, str], path: str) -> None:
    ana.goto(f"{demo[0]}{path}")
    expect(ana.locator(".page .skeleton")).to_have_count(0)
    expect(ana.locator(".page :is(.card, table, .row, .empty, .told li)").first).to_be_visible()
    check(ana, path.strip("/").replace("/", "-"))


def test_contacts(ana: Page, demo: tuple[str, str]) -> None:
    ana.goto(f"{demo[0]}/contacts")
    expect(ana.locator("tbody tr").first).to_be_visible()
    check(ana, "contacts")
    ana.get_by_role("searchbox").fill("nobody is called this")
    expect(ana.get_by_role("button", name="Limpar")).to_be_visible()
    check(ana, "contacts-none")


def test_an_import(ana: Page, demo: tuple[str, str]) -> None:
    ana.goto(f"{demo[0]}/contacts/import")
    expect(ana.locator("input[type=file]")).to_be_attached()
    check(ana, "import")
    ana.locator("input[type=file]").set_input_files(DATA / "clientes-latin1.csv")
    ana.get_by_role("button", name="Ler arquivo").click()
    ana.get_by_role("button", name="Conferir antes de gravar").click()
    expect(ana.locator("[data-count=created] dd")).to_be_visible()
    check(ana, "import-columns")
    ana.get_by_role("button", name="Importar agora").click()
    expect(ana.get_by_text("Importação concluída")).to_be_visible()
    check(ana, "import-done")
    ana.goto(f"{demo[0]}/contacts/import?problem=too_large")
    expect(ana.get_by_role("alert")).to_be_visible()
    check(ana, "import-refused")


def test_campaigns(ana: Page, demo: tuple[str, str]) -> None:
    ana.goto(f"{demo[0]}/campaigns")
    expect(ana.locator(".list-row").first).to_be_visible()
    check(ana, "campaigns")
    ana.get_by_role("link", name=re.compile("Novidades da semana")).click()
    ana.wait_for_url(re.compile(r"/campaigns/[0-9a-f-]{36}"))
    expect(ana.locator("tbody tr").first).to_be_visible()
    check(ana, "campaign")
    ana.get_by_role("button", name="Cancelar campanha").click()
    expect(ana.get_by_role("alertdialog")).to_be_visible()
    check(ana, "campaign-cancel")


def test_writing_a_campaign(ana: Page, demo: tuple[str, str]) -> None:
    ana.goto(f"{demo[0]}/campaigns/new")
    ana.get_by_role("button", name="Revisar").click()
    expect(ana.get_by_role("alert").first).to_be_visible()
    check(ana, "compose-refused")
    ana.get_by_label("Nome da campanha").fill("Novidades")
    ana.get_by_label("Quem recebe").select_option("tag:vip")
    ana.get_by_label("Modelo de mensagem").select_option(label="cafe_do_mes (pt_BR)")
    ana.get_by_placeholder("Se faltar").fill("tudo bem")
    ana.get_by_role("button", name="Revisar").click()
    expect(ana.get_by_text("pessoas recebem")).to_be_visible()
    check(ana, "compose")
    ana.get_by_role("button", name="Enviar campanha").click()
    expect(ana.get_by_role("alertdialog")).to_be_visible()
    check(ana, "compose-ask")


def test_channels(ana: Page, demo: tuple[str, str]) -> None:
    ana.goto(f"{demo[0]}/channels")
    expect(ana.locator("article").first).to_be_visible()
    check(ana, "channels")
    ana.set_viewport_size({"width": 1440, "height": 900})
    ana.get_by_role("button", name="Conectar número").first.click()
    form = ana.get_by_role("dialog")
    for label in ("Como você chama", "ID do número", "ID da conta", "Token de acesso", "Chave secreta"):
        form.get_by_label(label).fill("1")
    form.get_by_role("button", name="Conectar").click()
    expect(form.get_by_role("alert").first).to_be_visible()
    check(ana, "channels-form")


def test_conversations(ana: Page, demo: tuple[str, str]) -> None:
    said = {"phone_number_id": sample.SAMPLE_PHONE_NUMBER_ID, "from": "5511987650001", "name": "Bia", "text": "Oi!"}
    httpx.post(f"{demo[1]}/_sandbox/inbound", json=said, timeout=30).raise_for_status()
    ana.set_viewport_size({"width": 1440, "height": 900})
    ana.goto(f"{demo[0]}/conversations")
    expect(ana.get_by_role("link", name=re.compile("Bia"))).to_be_visible()
    check(ana, "conversations")
    ana.get_by_role("link", name=re.compile("Bia")).click()
    ana.get_by_placeholder("Escreva uma mensagem").fill("Olá, Bia")
    ana.keyboard.press("Enter")
    expect(ana.locator(".msg[data-own=true]", has_text="Olá, Bia")).to_be_visible()
    check(ana, "conversation")


def test_under_the_mouse(ana: Page, demo: tuple[str, str]) -> None:
    """Links and buttons can be read while they are pointed at."""
    pale: list[str] = []
    ana.set_viewport_size({"width": 1440, "height": 900})
    for theme in THEMES:
        ana.emulate_media(color_scheme=theme)
        for path in ("contacts", "campaigns", "conversations", "channels"):
            ana.goto(f"{demo[0]}/{path}")
            expect(ana.locator(".bones")).to_have_count(0)
            expect(ana.locator(".m-me.in-bar")).to_contain_text("Ana")
            ana.evaluate(AXE_SCRIPT)
            for target in ana.locator("a:not(.skip):visible, button:visible").all()[:16]:
                target.hover()
                pale += [f"{theme} {path} {node['html'][:120]} {_why(node)}" for node in target.evaluate(UNREADABLE)]
    assert pale == []


def test_the_readers_menu(ana: Page, demo: tuple[str, str]) -> None:
    ana.set_viewport_size({"width": 1440, "height": 900})
    ana.goto(f"{demo[0]}/channels")
    ana.get_by_role("button", name="Seu perfil").click()
    expect(ana.get_by_role("menu")).to_be_visible()
    check(ana, "menu", but="region")  # a menu stands beside the landmarks as long as it is open


def test_the_customers_phones(visitor: Page, demo: tuple[str, str]) -> None:
    visitor.goto(f"{demo[1]}/phones")
    expect(visitor.get_by_role("heading").first).to_be_visible()
    check(visitor, "phones")
    visitor.goto(demo[1])
    check(visitor, "sandbox")
