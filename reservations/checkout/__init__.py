"""The pages of a hold: buy box, checkout, order."""
