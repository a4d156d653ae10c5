"""Orders: what becomes of a sale until the pair is with the shopper, or back."""
