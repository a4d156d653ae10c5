"""Restocks: reports, votes and rewards."""
