"""The main job in a browser: first run, a number, a messy file, a campaign watched live, paused, resumed, completed."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from masteria.sandbox import sample
from tests.journeys.conftest import Panel

DATA = Path(__file__).parents[1] / "data"
EMAIL, PASSWORD = "ana@aurora.example", "um-segredo-longo"


def sign_in(page: Page, panel: Panel) -> None:
    page.goto(f"{panel.url}/login")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Senha").fill(PASSWORD)
    page.get_by_role("button", name="Entrar").click()
    page.wait_for_url("**/campaigns")


def counted(page: Page, name: str) -> int:
    text = page.locator(f"[data-count={name}] .number").inner_text()
    return int(text.replace(".", ""))


def test_first_run_makes_the_company(page: Page, panel: Panel) -> None:
    page.goto(panel.setup)
    page.get_by_label("Nome da empresa").fill("Aurora Café")
    page.get_by_label("Seu nome").fill("Ana Prado")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Senha").fill("curta-demais"[:9])
    page.get_by_label("Senha").evaluate("field => field.removeAttribute('minlength')")
    page.get_by_role("button", name="Criar empresa").click()
    expect(page.get_by_role("alert")).to_contain_text("10 caracteres")
    expect(page.get_by_label("Nome da empresa")).to_have_value("Aurora Café")
    page.get_by_label("Senha").fill(PASSWORD)
    page.get_by_role("button", name="Criar empresa").click()
    page.wait_for_url("**/channels")


def test_a_wrong_password_is_said_plainly(page: Page, panel: Panel) -> None:
    page.goto(f"{panel.url}/login")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Senha").fill("outra-senha-qualquer")
    page.get_by_role("button", name="Entrar").click()
    expect(page.get_by_role("alert")).to_contain_text("não conferem")
    expect(page.get_by_label("E-mail")).to_have_value(EMAIL)


def test_a_number_is_connected_after_meta_has_confirmed_it(page: Page, panel: Panel) -> None:
    sign_in(page, panel)
    page.goto(f"{panel.url}/channels")
    page.get_by_role("button", name="Conectar número").first.click()
    form = page.get_by_role("dialog")
    form.get_by_label("Como você chama").fill("Loja")
    form.get_by_label("ID do número").fill(sample.SAMPLE_PHONE_NUMBER_ID)
    form.get_by_label("ID da conta").fill(sample.SAMPLE_WABA_ID)
    form.get_by_label("Token de acesso").fill("EAAerrado000000000")
    form.get_by_label("Chave secreta").fill(sample.SAMPLE_APP_SECRET)
    form.get_by_role("button", name="Conectar").click()
    expect(form.get_by_role("alert")).to_contain_text("recusou este token")
    form.get_by_label("Token de acesso").fill(sample.SAMPLE_ACCESS_TOKEN)
    form.get_by_role("button", name="Conectar").click()
    expect(page.locator(".badge", has_text="Conectado")).to_be_visible()
    expect(page.get_by_text(re.compile(r"[1-9]\d* modelos aprovados"))).to_be_visible()


def test_a_messy_file_comes_in_with_exact_counts(page: Page, panel: Panel) -> None:
    sign_in(page, panel)
    page.goto(f"{panel.url}/contacts/import")
    page.locator("input[type=file]").set_input_files(DATA / "clientes-latin1.csv")
    page.get_by_role("button", name="Ler arquivo").click()
    page.get_by_role("button", name="Conferir antes de gravar").click()
    expect(page.locator("[data-count=created] dd")).to_have_text("4.860")
    page.get_by_role("button", name="Importar agora").click()
    expect(page.get_by_text("Importação concluída")).to_be_visible()
    for name, wanted in (("created", "4.860"), ("repeats", "100"), ("rejected", "40")):
        expect(page.locator(f"[data-count={name}] dd")).to_have_text(wanted)
    with page.expect_download() as download:
        page.get_by_text("Baixar linhas com problema").click()
    assert len(download.value.path().read_text("utf-8-sig").splitlines()) == 41
    page.goto(f"{panel.url}/contacts")
    expect(page.get_by_text("4.860 pessoas")).to_be_visible()


def test_a_stranger_sees_nothing(page: Page, panel: Panel) -> None:
    """Neither on the screen nor in what the socket brought; signed in, the same socket does bring it."""
    frames: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))
    page.goto(f"{panel.url}/contacts")
    page.wait_for_url(re.compile(r"/login(\?|$)"))
    expect(page.get_by_label("Senha")).to_be_visible()
    assert frames
    assert "4.860" not in "".join(frames)
    sign_in(page, panel)
    page.goto(f"{panel.url}/contacts")
    expect(page.get_by_text("4.860 pessoas")).to_be_visible()
    assert "4.860" in "".join(frames)


def test_what_is_no_table_is_said_plainly(page: Page, panel: Panel, tmp_path: Path) -> None:
    sign_in(page, panel)
    bad = tmp_path / "planilha.csv"
    bad.write_bytes(b"PK\x03\x04 not a csv")
    page.goto(f"{panel.url}/contacts/import")
    page.locator("input[type=file]").set_input_files(bad)
    page.get_by_role("button", name="Ler arquivo").click()
    expect(page.get_by_role("alert")).to_contain_text("Salve como CSV")


def test_a_campaign_goes_out_and_every_browser_sees_it(page: Page, panel: Panel) -> None:
    sign_in(page, panel)
    page.goto(f"{panel.url}/campaigns/new")
    page.get_by_label("Nome da campanha").fill("Novidades")
    page.get_by_label("Quem recebe").select_option("tag:vip")
    page.get_by_label("Modelo de mensagem").select_option(label="cafe_do_mes (pt_BR)")
    page.get_by_placeholder("Se faltar").fill("tudo bem")
    page.get_by_label("Mensagens por segundo").fill("60")
    page.get_by_role("button", name="Revisar").click()
    expect(page.get_by_text("pessoas recebem")).to_be_visible()
    page.get_by_role("button", name="Enviar campanha").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Enviar campanha").click()
    page.wait_for_url(re.compile(r"/campaigns/[0-9a-f-]{36}"))
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator(".badge", has_text="Enviando")).to_be_visible()
    page.get_by_role("button", name="Pausar").click()
    expect(other.locator(".badge", has_text="Pausada")).to_be_visible()
    expect(page.locator("[data-count=sending] .number")).to_have_text("0", timeout=20_000)
    left = counted(page, "pending")
    assert left > 0
    page.wait_for_timeout(1000)
    assert counted(page, "pending") == left
    page.get_by_role("button", name="Continuar").click()
    for seen in (page, other):
        expect(seen.locator(".badge", has_text="Terminada")).to_be_visible(timeout=60_000)
        expect(seen.locator("[data-count=pending] .number")).to_have_text("0")


def test_a_customer_answers_and_gets_a_reply(page: Page, panel: Panel) -> None:
    sign_in(page, panel)
    panel.sandbox.post(
        "numbers",
        phone_number_id=sample.SAMPLE_PHONE_NUMBER_ID,
        waba_id=sample.SAMPLE_WABA_ID,
        display_number=sample.SAMPLE_DISPLAY_NUMBER,
        access_token=sample.SAMPLE_ACCESS_TOKEN,
        app_secret=sample.SAMPLE_APP_SECRET,
        verify_token=sample.SAMPLE_VERIFY_TOKEN,
        callback=f"{panel.url}/webhooks/meta",
    )
    page.goto(f"{panel.url}/conversations")
    write_in = {
        "phone_number_id": sample.SAMPLE_PHONE_NUMBER_ID,
        "from": "5511987650001",
        "name": "Bia",
        "text": "Vocês abrem hoje?",
    }
    panel.sandbox.post("inbound", **write_in)
    page.get_by_role("link", name=re.compile("Bia")).click()
    expect(page.locator(".bub", has_text="Vocês abrem hoje?")).to_be_visible()
    page.get_by_placeholder("Escreva uma mensagem").fill("Sim, até as 19h")
    page.keyboard.press("Enter")
    expect(page.locator(".msg[data-own=true]", has_text="Sim, até as 19h")).to_be_visible()
    expect(page.locator(".tick")).to_have_text(re.compile("Enviada|Entregue|Lida"))
