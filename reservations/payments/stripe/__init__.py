"""Stripe as the payment provider: card payments that are set aside first and captured after the sale."""
