"""What the shop knows of a member: export and erasure."""
