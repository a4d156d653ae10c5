"""Payments: what a provider is asked, and what it said."""
