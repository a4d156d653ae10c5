"""Pairs that members own, and pairs they want."""
