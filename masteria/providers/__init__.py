"""Who else may say who somebody is: one file a provider, and the one table of them."""

from __future__ import annotations

from masteria.enums import Provider
from masteria.kit.errors import NotFound
from masteria.providers import facebook, google
from masteria.providers.base import Voucher

_TABLE = {Provider.GOOGLE: google.voucher, Provider.FACEBOOK: facebook.voucher}


def configured() -> tuple[Provider, ...]:
    """Those that the installation has an id and a secret for."""
    return tuple(kind for kind, voucher in _TABLE.items() if voucher() is not None)


def voucher_for(kind: Provider) -> Voucher:
    """The provider's adapter, or `NotFound` when the installation has none."""
    found = _TABLE[kind]()
    if found is None:
        raise NotFound(f"login with {kind}")
    return found
