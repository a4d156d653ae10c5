"""Holds: a pair that is kept for somebody for a minute."""
