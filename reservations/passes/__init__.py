"""Passes: who may reserve at a drop, shown without a look at the database."""
