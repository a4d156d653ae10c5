"""Complaints of members, and the decisions of moderators."""
