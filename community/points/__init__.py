"""Karma: the ledger, the table of rules, levels, and what they admit to."""
