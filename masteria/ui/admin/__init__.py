"""The installation: its companies and its people, for who runs it."""
