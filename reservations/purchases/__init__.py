"""Purchases: a hold, a payment and a sale."""
