"""The desk: serves requests to reserve and to buy in batches, outside of Django's views."""
