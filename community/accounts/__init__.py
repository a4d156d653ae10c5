"""Accounts: registration, sign-in, roles, and which of them belong together."""
