"""Sneakers: what can be released."""
