"""Complaints and what moderators decide."""
