"""Ports and adapters to the messaging vendors; they know no tables, companies or screens."""
