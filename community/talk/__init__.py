"""The feed, what is said in it, and telling members what concerns them."""
