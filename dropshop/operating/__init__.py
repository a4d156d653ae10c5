"""What an operator asks the shop: its health, its audit."""
