"""Requests that the shop sends to addresses which somebody typed: guarded and bounded."""
