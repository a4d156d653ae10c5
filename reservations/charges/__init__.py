"""Charges: what a pair costs beside its price, shipping and tax, by where it goes."""
