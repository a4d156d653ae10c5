"""Cards that members keep for next time: the tokens of a provider, set up for nothing, and never a number (M3)."""
