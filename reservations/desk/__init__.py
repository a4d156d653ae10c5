"""The desk: whoever reserves or buys with a pass is served in batches, beside Django."""
