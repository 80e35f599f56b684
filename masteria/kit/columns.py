"""Which contact field a file's column means, in Portuguese, English, Spanish and Google's export."""

from __future__ import annotations

import re
import unicodedata

NAMES = {
    "name": "nome name nombre cliente contato contact nome_completo full_name nombre_completo first_name middle_name last_name "
    "primeiro_nome sobrenome apellido given_name family_name additional_name",
    "phone": "celular telefone fone phone mobile whatsapp telefono movil numero number phone_number telemovel tel cel "
    "phone_1_value phone_2_value phone_3_value whatsapp_number numero_de_telefone telefone_celular",
    "email": "email e_mail mail correo correo_electronico e_mail_1_value email_1_value endereco_de_email",
    "tags": "etiquetas tags tag marcadores labels label group_membership etiqueta grupos",
    "language": "idioma language lingua locale",
}
FIELD_OF = {name: field for field, names in NAMES.items() for name in names.split()}
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
    found: dict[str, str] = {}
    for column in header:
        key = slug(column)
        if not key or IGNORED.fullmatch(key):
            found[column] = ""
        else:
            found[column] = FIELD_OF.get(key, f"attributes.{key}")
    return found


def split_tags(cell: str) -> list[str]:
    """`vip; lojas`, or Google's `* myContacts ::: vip`: names without the system's own groups."""
    parts = re.split(r":::|[;,|]", cell)
    names = (" ".join(part.split())[:64] for part in parts)
    return list(dict.fromkeys(n for n in names if n and not n.startswith("*")))
