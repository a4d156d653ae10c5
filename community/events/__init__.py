"""Events that members host."""
