"""What `masteria up` says when everything runs: the address, the first-run link, the demo's ways in."""

from __future__ import annotations

from masteria.actions import accounts

DEMO_EMAIL = "ana@aurora.example"
DEMO_PASSWORD = "masteria-demo"


def lines(address: str, demo: bool, sandbox: str) -> str:
    """A few lines of plain text."""
    told = ["", f"  Masteria is ready: {address}"]
    if accounts.needs_setup():
        told.append(f"  Create your company: {address}/setup?token={accounts.setup_token()}")
    if demo:
        told.append(f"  Sample company: sign in as {DEMO_EMAIL} with password {DEMO_PASSWORD}")
        told.append(f"  Customers' phones (simulated): {sandbox}/phones")
        told.append(f"  Everybody's mail (simulated): {sandbox}/mailbox")
    return "\n".join([*told, ""])
