"""The sample business that the demo and the tests connect to. All ids and secrets are made up and worth nothing."""

from __future__ import annotations

from typing import Any

SAMPLE_PHONE_NUMBER_ID = "200000000000001"
SAMPLE_WABA_ID = "100000000000001"
SAMPLE_DISPLAY_NUMBER = "+55 11 90000-0100"
SAMPLE_ACCESS_TOKEN = "EAASANDBOXaurora0000000000000000000000001"
SAMPLE_APP_SECRET = "5a4d0b0c5a4d0b0c5a4d0b0c5a4d0b0c"
SAMPLE_VERIFY_TOKEN = "aurora-verifica"


def _template(name: str, category: str, body: str, **more: Any) -> dict[str, Any]:
    example = more.pop("example", None)
    part: dict[str, Any] = {"type": "BODY", "text": body}
    if example:
        part["example"] = example
    extra = more.pop("components", [])
    return {
        "name": name,
        "language": "pt_BR",
        "category": category,
        "status": "APPROVED",
        "parameter_format": "POSITIONAL",
        "components": [
            *[c for c in extra if c["type"] == "HEADER"],
            part,
            *[c for c in extra if c["type"] != "HEADER"],
        ],
        **more,
    }


SAMPLE_TEMPLATES: tuple[dict[str, Any], ...] = (
    _template(
        "novidades_da_semana",
        "MARKETING",
        "Oi {{1}}, chegaram novidades na {{2}}. Quer ver as fotos?",
        example={"body_text": [["Bia", "Aurora Café"]]},
        components=[
            {"type": "FOOTER", "text": "Responda SAIR para não receber."},
            {
                "type": "BUTTONS",
                "buttons": [
                    {"type": "QUICK_REPLY", "text": "Quero ver"},
                    {"type": "QUICK_REPLY", "text": "Agora não"},
                ],
            },
        ],
    ),
    _template(
        "pedido_pronto",
        "UTILITY",
        "Olá {{cliente}}, seu pedido {{pedido}} está pronto para retirada até as 19h.",
        parameter_format="NAMED",
        example={
            "body_text_named_params": [
                {"param_name": "cliente", "example": "Bia"},
                {"param_name": "pedido", "example": "A-17"},
            ]
        },
    ),
    _template("horario_de_natal", "UTILITY", "Em dezembro abrimos também aos domingos, das 9h às 14h. Esperamos você."),
    _template(
        "cafe_do_mes",
        "MARKETING",
        "Oi {{1}}, o café deste mês é da Serra da Mantiqueira: notas de mel e laranja. Separamos um para você?",
        example={"body_text": [["Bia"]]},
        components=[{"type": "HEADER", "format": "TEXT", "text": "O café do mês chegou"}],
    ),
    _template(
        "cardapio_da_estacao",
        "MARKETING",
        "Oi {{1}}, saiu o cardápio da estação. Quer reservar uma mesa para {{2}}?",
        example={"body_text": [["Bia", "sábado"]]},
        components=[
            {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::aW1h"]}},
            {"type": "FOOTER", "text": "Aurora Café · Responda SAIR para não receber."},
            {
                "type": "BUTTONS",
                "buttons": [
                    {"type": "QUICK_REPLY", "text": "Reservar"},
                    {"type": "QUICK_REPLY", "text": "Não quero receber"},
                    {"type": "URL", "text": "Ver o cardápio", "url": "https://aurora.example/cardapio/{{1}}"},
                ],
            },
        ],
    ),
    _template(
        "promocao_relampago",
        "MARKETING",
        "Só hoje, {{1}}: dois cafés pelo preço de um. Esperamos você.",
        example={"body_text": [["Bia"]]},
        status="PAUSED",
    ),
    _template(
        "sorteio", "MARKETING", "Clique e ganhe um prêmio agora mesmo.", status="REJECTED", rejected_reason="SCAM"
    ),
)
