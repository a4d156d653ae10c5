"""Sizes as values (S6): how they are read, written and ordered."""
