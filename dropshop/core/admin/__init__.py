"""What the admin of every app shares."""
