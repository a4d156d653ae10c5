"""Pages of members, which show many rooms."""
