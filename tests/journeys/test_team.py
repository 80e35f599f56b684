"""Team and safety (J16): somebody is invited by a link, sees what the role allows, is held to their own, and goes."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from masteria.run.welcome import DEMO_EMAIL, DEMO_PASSWORD
from masteria.sandbox import sample
from tests.journeys.conftest import data_folder, up
from tests.ports import free_port

SHOTS = os.environ.get("MASTERIA_TEST_SHOTS")  # a folder, to look at what was seen


@pytest.fixture(scope="module")
def office() -> Iterator[tuple[str, str]]:
    """The sample company: the panel's address and the simulated phones'."""
    port, phones = free_port(), free_port()
    with data_folder() as data:
        process, _ = up("--demo", "--port", str(port), "--sandbox-port", str(phones), "--data-dir", str(data))
        yield f"http://127.0.0.1:{port}", f"http://127.0.0.1:{phones}"
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def somebody(browser: Browser) -> Page:
    context = browser.new_context(locale="pt-BR", viewport={"width": 1280, "height": 860}, reduced_motion="reduce")
    context.set_default_timeout(20_000)
    return context.new_page()


@pytest.fixture(scope="module")
def ana(browser: Browser, office: tuple[str, str]) -> Iterator[Page]:
    page = somebody(browser)
    page.goto(f"{office[0]}/login")
    page.get_by_label("E-mail").fill(DEMO_EMAIL)
    page.get_by_label("Senha").fill(DEMO_PASSWORD)
    page.get_by_role("button", name="Entrar").click()
    page.wait_for_url("**/campaigns")
    yield page
    page.context.close()


@pytest.fixture(scope="module")
def rita(browser: Browser) -> Iterator[Page]:
    page = somebody(browser)
    yield page
    page.context.close()


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png")


def ask(ana: Page, office: tuple[str, str], name: str, deed: str) -> None:
    ana.goto(f"{office[0]}/settings/team")
    ana.get_by_role("button", name=f"O que fazer com {name}").click()
    ana.get_by_role("menuitem", name=deed).click()


def an_invite(ana: Page, office: tuple[str, str]) -> str:
    ana.goto(f"{office[0]}/settings/team")
    ana.get_by_role("button", name="Convidar").click()
    ana.get_by_role("button", name="Criar link").click()
    return ana.get_by_label("Link do convite").input_value()


def test_a_link_lets_one_person_in(browser: Browser, ana: Page, rita: Page, office: tuple[str, str]) -> None:
    link = an_invite(ana, office)
    rita.goto(link)
    expect(rita.get_by_role("heading", level=1)).to_have_text("Entre em Aurora Café")
    expect(rita.get_by_text("Ana Prado convidou você")).to_be_visible()
    shot(rita, "invite")
    rita.get_by_label("Seu nome").fill("Rita Lee")
    rita.get_by_label("E-mail").fill("rita@aurora.example")
    rita.get_by_label("Senha").fill("curta")
    rita.get_by_label("Senha").evaluate("field => field.removeAttribute('minlength')")
    rita.get_by_role("button", name="Criar conta e entrar").click()
    expect(rita.get_by_role("alert")).to_contain_text("10 caracteres")
    expect(rita.get_by_label("Seu nome")).to_have_value("Rita Lee")
    rita.get_by_label("Senha").fill("um-segredo-longo")
    rita.get_by_role("button", name="Criar conta e entrar").click()
    rita.wait_for_url("**/campaigns")
    stranger = somebody(browser)
    stranger.goto(link)
    expect(stranger.get_by_text("já foi usado")).to_be_visible()
    shot(stranger, "invite-used")
    stranger.context.close()
    ana.goto(f"{office[0]}/settings/team")
    expect(ana.get_by_role("row", name=re.compile("Rita Lee.*Atende"))).to_be_visible()


def test_an_agent_sees_what_the_role_allows(rita: Page, office: tuple[str, str]) -> None:
    rita.goto(f"{office[0]}/campaigns")
    expect(rita.locator(".m-side").get_by_role("link", name="Conversas")).to_be_visible()
    expect(rita.get_by_role("link", name="Nova campanha")).to_have_count(0)
    for place in ("team", "team/roles", "company"):
        rita.goto(f"{office[0]}/settings/{place}")
        expect(rita.get_by_text("Sua função não permite isso")).to_be_visible()
        expect(rita.locator(".people, .rights, form.card")).to_have_count(0)


def test_held_to_their_own_they_see_nobody_elses(ana: Page, rita: Page, office: tuple[str, str]) -> None:
    said = {"phone_number_id": sample.SAMPLE_PHONE_NUMBER_ID, "from": "5511987650001", "name": "Bia", "text": "Oi!"}
    httpx.post(f"{office[1]}/_sandbox/inbound", json=said, timeout=30).raise_for_status()
    rita.goto(f"{office[0]}/conversations")
    expect(rita.get_by_role("link", name=re.compile("Bia"))).to_be_visible()
    ask(ana, office, "Rita Lee", "Mudar função")
    ana.get_by_label("Só as próprias conversas").click()
    expect(ana.get_by_label("Só as próprias conversas")).to_be_checked()
    ana.get_by_role("button", name="Salvar função").click()
    expect(ana.get_by_role("row", name=re.compile("Rita Lee.*Só as próprias"))).to_be_visible()
    open_bia(ana, office)
    give(ana, "Ana Prado")
    expect(rita.get_by_role("link", name=re.compile("Bia"))).to_have_count(0)
    address = ana.url
    rita.goto(address)
    expect(rita.get_by_text("Oi!", exact=True)).to_have_count(0)
    give(ana, "Rita Lee")
    rita.goto(address)
    expect(rita.locator(".bub", has_text="Oi!")).to_be_visible()
    shot(ana, "assigned")


def open_bia(ana: Page, office: tuple[str, str]) -> None:
    """By its address: the list moves under the mouse while customers write."""
    ana.goto(f"{office[0]}/conversations")
    ana.goto(office[0] + str(ana.get_by_role("link", name=re.compile("Bia")).get_attribute("href")))


def give(ana: Page, name: str) -> None:
    ana.get_by_role("button", name="Atribuir").click()
    ana.get_by_role("menuitem", name=name).click()
    expect(ana.get_by_role("button", name="Atribuir")).to_contain_text(name)


def test_who_is_removed_is_out_and_hands_on(ana: Page, rita: Page, office: tuple[str, str]) -> None:
    rita.goto(f"{office[0]}/conversations")
    expect(rita.get_by_role("link", name=re.compile("Bia"))).to_be_visible()
    ask(ana, office, "Rita Lee", "Remover")
    expect(ana.get_by_text("1 conversa aberta precisa de outra pessoa")).to_be_visible()
    ana.get_by_label("Quem fica com as conversas").select_option(label="Bruno Reis")
    shot(ana, "removal")
    ana.get_by_role("button", name="Remover", exact=True).click()
    expect(ana.get_by_role("row", name=re.compile("Rita Lee"))).to_have_count(0)
    rita.wait_for_url(re.compile("/login"))
    open_bia(ana, office)
    expect(ana.get_by_role("button", name="Atribuir")).to_contain_text("Bruno Reis")


def test_the_last_owner_is_told_why_they_cannot_leave(ana: Page, office: tuple[str, str]) -> None:
    ana.goto(f"{office[0]}/settings/account")
    ana.get_by_role("button", name="Sair da empresa").click()
    ana.get_by_role("alertdialog").get_by_role("button", name="Sair da empresa").click()
    expect(ana.get_by_role("alert")).to_contain_text("última pessoa dona")
