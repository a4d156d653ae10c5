"""What the suite stands on: its own servers, whole shops of real processes, and a browser."""
