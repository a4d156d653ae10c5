"""Notices by e-mail: as each member chooses, at once or once a day, and never in their quiet hours."""
