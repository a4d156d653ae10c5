"""Stores: where restocks are seen."""
