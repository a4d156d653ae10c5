"""Refunds and chargebacks: money of a sale that goes back to the shopper."""
