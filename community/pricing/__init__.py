"""What pairs are worth, by what was paid for them."""
