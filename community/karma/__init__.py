"""Karma: a ledger in double entry, levels, and what karma opens."""
