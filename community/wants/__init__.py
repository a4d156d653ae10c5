"""Wants: what members look for."""
