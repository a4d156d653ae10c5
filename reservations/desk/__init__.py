"""The desk: serves requests with a pass (reserve, buy) in batches, outside of Django's views."""
