"""Pieces that every screen uses; no state of their own, no imports from a screen."""
