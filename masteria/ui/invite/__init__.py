"""One place of the panel: its state and its page."""
