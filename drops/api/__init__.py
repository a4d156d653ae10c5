"""The calls about sneakers and drops."""
