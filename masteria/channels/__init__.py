"""Ports and adapters to the messaging vendors; they know no tables, companies or screens."""

from __future__ import annotations

from types import ModuleType

from masteria.channels import meta

ADAPTERS: dict[str, ModuleType] = {"whatsapp_cloud": meta}


def channel_for(kind: str) -> ModuleType:
    """The adapter of a connection's kind."""
    return ADAPTERS[kind]
