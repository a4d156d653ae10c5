"""Offers of pairs for pairs, their way to the other, and what traders say of each other."""
