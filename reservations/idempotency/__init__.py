"""A request that is sent again with its key is answered as before (H8)."""
