"""Closets: the pairs of members."""
