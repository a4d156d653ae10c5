"""Places: coordinates, names of cities, and what is near."""
