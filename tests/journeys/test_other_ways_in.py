"""Coming in through Google and Facebook as the sandbox plays them, and the second step, in a browser."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from pyotp.totp import TOTP

from masteria.run.welcome import DEMO_EMAIL, DEMO_PASSWORD
from tests.journeys.conftest import data_folder, up
from tests.journeys.test_people import Demo
from tests.ports import free_port


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    port, sandbox = free_port(), free_port()
    with data_folder() as data:
        process, _ = up("--demo", "--port", str(port), "--sandbox-port", str(sandbox), "--data-dir", str(data))
        yield Demo(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox}")
        process.send_signal(signal.SIGTERM)
        process.wait(15)


def begin(page: Page, demo: Demo, provider: str = "Google") -> None:
    page.goto(f"{demo.url}/login")
    page.get_by_role("link", name=f"Continuar com {provider}").click()
    expect(page.get_by_role("heading", name=f"Entrar com {provider}")).to_be_visible()


def choose(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def sign_in(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.url}/login")
    page.get_by_label("E-mail").fill(DEMO_EMAIL)
    page.get_by_label("Senha").fill(DEMO_PASSWORD)
    page.get_by_role("button", name="Entrar", exact=True).click()


def is_refused(page: Page, sentence: str) -> None:
    page.wait_for_url("**/login?again=1")
    expect(page.get_by_role("alert")).to_contain_text(sentence)


def test_somebody_new_comes_by_google_and_has_a_company(page: Page, demo: Demo) -> None:
    begin(page, demo)
    choose(page, "Rita Nogueira")
    expect(page.get_by_label("Nome da empresa")).to_have_value("Empresa de Rita Nogueira")
    page.get_by_role("button", name="Continuar").click()
    page.wait_for_url("**/channels")
    expect(page.get_by_text("Empresa de Rita Nogueira").first).to_be_visible()


def test_saying_no_and_a_state_that_does_not_match_lead_back(page: Page, demo: Demo) -> None:
    begin(page, demo)
    choose(page, "Não permitir")
    is_refused(page, "Você não permitiu")
    begin(page, demo)
    page.goto(f"{demo.url}/auth/callback/google?code=abc&state=guessed")
    is_refused(page, "Esta tentativa de entrar já terminou")


def test_an_unverified_address_is_proven_by_mail_first(page: Page, demo: Demo) -> None:
    begin(page, demo)
    choose(page, "Otto Lins")
    expect(page.get_by_label("E-mail")).to_have_value("otto.lins@correio.example")
    page.get_by_role("button", name="Continuar").click()
    expect(page.get_by_role("heading", name="Confira seu e-mail")).to_be_visible()
    page.goto(f"{demo.url}/campaigns")
    page.wait_for_url("**/login?next=**")
    page.goto(f"{demo.sandbox}/mailbox")
    page.get_by_role("link", name="Falta confirmar o seu e-mail").first.click(timeout=20_000)
    page.get_by_role("article").get_by_role("link").filter(has_text="token=").click()
    page.wait_for_url("**/channels")
    expect(page.get_by_text("Empresa de Otto Lins").first).to_be_visible()


def test_who_is_invited_may_come_by_google(page: Page, browser: Browser, demo: Demo) -> None:
    guest = {"sub": "900002", "name": "Lia Souto", "email": "lia@correio.example", "email_verified": True}
    httpx.post(f"{demo.sandbox}/_sandbox/logins", json=guest, trust_env=False).raise_for_status()
    sign_in(page, demo)
    page.wait_for_url("**/campaigns")
    page.goto(f"{demo.url}/settings/team")
    page.get_by_role("button", name="Convidar").click()
    page.get_by_role("button", name="Criar link").click()
    lia = browser.new_context(locale="pt-BR").new_page()
    lia.goto(page.get_by_label("Link do convite").input_value())
    lia.get_by_role("link", name="Continuar com Google").click()
    choose(lia, "Lia Souto")
    lia.wait_for_url("**/campaigns")
    expect(lia.get_by_text("Aurora Café").first).to_be_visible()
    lia.context.close()


def test_somebody_elses_unverified_address_opens_nothing(page: Page, demo: Demo) -> None:
    thief = {"sub": "900001", "name": "Falsa Ana", "email": DEMO_EMAIL, "email_verified": False}
    httpx.post(f"{demo.sandbox}/_sandbox/logins", json=thief, trust_env=False).raise_for_status()
    begin(page, demo)
    choose(page, "Falsa Ana")
    is_refused(page, "Este e-mail já tem uma conta")


def test_an_account_is_linked_from_inside_once_for_all(page: Page, browser: Browser, demo: Demo) -> None:
    sign_in(page, demo)
    page.wait_for_url("**/campaigns")
    page.goto(f"{demo.url}/settings/account")
    line = page.locator("#logins li").filter(has_text="Facebook")
    line.get_by_role("button", name="Ligar").click()
    choose(page, "Nina Prado")
    page.wait_for_url("**/settings/account?login=linked")
    expect(line.get_by_role("button", name="Desligar")).to_be_visible()
    page.goto(f"{demo.url}/auth/login/facebook?intent=link")  # once more
    choose(page, "Nina Prado")
    page.wait_for_url("**/settings/account?login=linked")
    other = browser.new_context(locale="pt-BR").new_page()
    begin(other, demo, "Facebook")
    choose(other, "Nina Prado")
    other.wait_for_url("**/campaigns")
    expect(other.get_by_text("Aurora Café").first).to_be_visible()
    other.context.close()


def test_the_second_step_asks_for_a_code_and_takes_a_backup_code(page: Page, browser: Browser, demo: Demo) -> None:
    sign_in(page, demo)
    page.wait_for_url("**/campaigns")
    page.goto(f"{demo.url}/settings/account")
    card = page.locator("#second-step")
    card.get_by_role("button", name="Ligar").click()
    expect(page.locator("#second-step-secret")).to_have_text(re.compile(r"^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$"))
    totp = TOTP((page.locator("#second-step-secret").text_content() or "").replace(" ", ""))
    card.get_by_label("Código").fill("000")
    card.get_by_role("button", name="Confirmar").click()
    expect(card.get_by_role("alert")).to_contain_text("Código errado")
    card.get_by_label("Código").fill(totp.now())
    card.get_by_role("button", name="Confirmar").click()
    expect(card.get_by_role("heading", name="Guarde seus códigos de reserva")).to_be_visible()
    codes = (page.locator("#second-step-codes").text_content() or "").split()
    assert len(set(codes)) == 10
    page.reload()
    expect(card.get_by_text("Códigos de reserva sem uso: 10")).to_be_visible()
    assert page.locator("#second-step-codes").text_content() == ""
    other = browser.new_context(locale="pt-BR").new_page()
    sign_in(other, demo)
    other.wait_for_url("**/login/code")
    other.get_by_label("Código").fill("000000000")
    other.get_by_role("button", name="Entrar").click()
    expect(other.get_by_role("alert")).to_contain_text("Código errado")
    other.get_by_label("Código").fill(codes[0])
    other.get_by_role("button", name="Entrar").click()
    other.wait_for_url("**/campaigns")
    other.context.close()
