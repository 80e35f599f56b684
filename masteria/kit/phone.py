"""Telephone numbers: read once at the door, compared and stored as E.164, masked in logs."""

from __future__ import annotations

import re
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

LANDLINE = "landline"
MOBILE = "mobile"
OTHER = "other"

_KINDS = {PhoneNumberType.FIXED_LINE: LANDLINE, PhoneNumberType.MOBILE: MOBILE}
_NOBODYS = {
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.SHARED_COST,
    PhoneNumberType.VOICEMAIL,
}


@dataclass(frozen=True, slots=True)
class Phone:
    """A valid number. `match_key` is equal for the two ways a Brazilian mobile is written."""

    e164: str
    kind: str

    @property
    def match_key(self) -> str:
        return match_key(self.e164)

    @property
    def masked(self) -> str:
        return mask(self.e164)


def read_phone(text: str, region: str = "BR") -> Phone | None:
    """The number a person wrote, or None when it cannot be one.

    Accepts international form with or without `+`, trunk zeros, spaces and punctuation. A Brazilian mobile without
    its ninth digit gains it; a landline never does. Numbers that no person holds (0800, 0900) are refused.
    """
    cleaned = re.sub(r"[^\d+]", "", text)[:20]
    if not cleaned:
        return None
    for candidate in _candidates(cleaned, region):
        try:
            number = phonenumbers.parse(candidate, region)
        except phonenumbers.NumberParseException:
            continue
        number = _with_ninth_digit(number)
        found = phonenumbers.number_type(number)
        if phonenumbers.is_valid_number(number) and found not in _NOBODYS:
            return Phone(
                phonenumbers.format_number(number, PhoneNumberFormat.E164),
                _KINDS.get(found, OTHER),
            )
    return None


def match_key(e164: str) -> str:
    """Country, area and last eight digits for Brazil, the number itself elsewhere.

    A mobile whose last eight digits begin like a landline's (2 to 5) keeps its nine: both can exist.
    """
    digits = e164.lstrip("+")
    if digits.startswith("55") and len(digits) in (12, 13) and not (len(digits) == 13 and digits[5] in "2345"):
        return digits[:4] + digits[-8:]
    return digits


def mask(e164: str) -> str:
    """`+5511*****0001`: enough to recognise, too little to call."""
    return f"{e164[:5]}*****{e164[-4:]}" if len(e164) > 9 else "*****"


def _candidates(cleaned: str, region: str) -> list[str]:
    if cleaned.startswith("+"):
        return [cleaned]
    country = phonenumbers.country_code_for_region(region)
    bare = cleaned.lstrip("0")
    found = [cleaned, bare]
    if bare.startswith(str(country)) and len(bare) >= 11:
        found.insert(0, f"+{bare}")
    return found


def _with_ninth_digit(number: phonenumbers.PhoneNumber) -> phonenumbers.PhoneNumber:
    """Brazil, area + eight digits that begin with 6–9: a mobile written in the form of before 2016."""
    national = str(number.national_number or "")
    if number.country_code == 55 and len(national) == 10 and national[2] in "6789":
        number.national_number = int(national[:2] + "9" + national[2:])
    return number
