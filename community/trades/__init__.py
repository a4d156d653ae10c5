"""Trades: offers, shipments, disputes and ratings."""
