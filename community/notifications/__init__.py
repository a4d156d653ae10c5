"""Notices: what a member is told."""
