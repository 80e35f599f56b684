"""Which contact field a file's column means, in Portuguese, English, Spanish and Google's export."""

from __future__ import annotations

import re
import unicodedata

NAMES = {
    "full": "nome_completo full_name nombre_completo",
    "name": "nome name nombre cliente contato contact",
    "given": "first_name primeiro_nome given_name",
    "rest": "middle_name last_name sobrenome apellido apellidos family_name additional_name",
    "phone": "celular telefone fone phone mobile whatsapp telefono movil numero number phone_number telemovel tel cel "
    "whatsapp_number numero_de_telefone telefone_celular",
    "email": "email e_mail mail correo correo_electronico endereco_de_email",
    "tags": "etiquetas tags tag marcadores labels label group_membership etiqueta grupos",
    "language": "idioma language lingua locale",
}
MEANING = {name: meaning for meaning, names in NAMES.items() for name in names.split()}
NUMBERED = re.compile(r"(phone|e?_?mail)_\d_value")
IGNORED = re.compile(r"(phone|e_mail|email|address|website|event|relation|custom_field)_\d_(label|type)|photo|foto")
# in front of rejected lines that are handed back; brought again they mean nothing
REJECT_COLUMNS = ("import_line", "import_reason")
FIELDS = ("name", "phone", "email", "tags", "language")


def slug(text: str) -> str:
    """`Última compra` → `ultima_compra`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:64]


def guess(header: tuple[str, ...]) -> dict[str, str]:
    """Column → field; what is no known field becomes an attribute, what says nothing is left out (`""`)."""
    keys = {column: slug(column) for column in header}
    meanings = {column: _meaning(key) for column, key in keys.items()}
    whole = next((c for kind in ("full", "name") for c in header if meanings[c] == kind), None)
    # a surname beside "Nome" belongs to it; beside a full name, or a given name of its own, it says nothing new
    in_parts = whole is None or (meanings[whole] == "name" and "given" not in meanings.values())
    found: dict[str, str] = {}
    for column, key in keys.items():
        meaning = meanings[column]
        if column == whole or (meaning in ("given", "rest") and in_parts):
            found[column] = "name"
        elif meaning in ("given", "rest") or not key or IGNORED.fullmatch(key) or key in REJECT_COLUMNS:
            found[column] = ""
        else:
            found[column] = meaning if meaning in FIELDS and meaning != "name" else f"attributes.{key}"
    return found


def _meaning(key: str) -> str:
    numbered = NUMBERED.fullmatch(key)
    if numbered:
        return "phone" if key.startswith("phone") else "email"
    return MEANING.get(key, "")


def split_tags(cell: str) -> list[str]:
    """`vip; lojas`, or Google's `* myContacts ::: vip`: names without the system's own groups."""
    parts = re.split(r":::|[;,|]", cell)
    names = (" ".join(part.split())[:64] for part in parts)
    return list(dict.fromkeys(n for n in names if n and not n.startswith("*")))
