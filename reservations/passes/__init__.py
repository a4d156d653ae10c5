"""Passes: prove that a member may reserve in a drop, without a query."""
