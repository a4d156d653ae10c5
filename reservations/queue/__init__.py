"""Queues: a place that belongs to a member, a random order for all who were there at the start, and turns in that order."""
