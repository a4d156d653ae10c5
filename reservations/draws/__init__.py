"""Draws: entries until close, then an order that anybody can recompute from public files (docs/draws.md)."""
