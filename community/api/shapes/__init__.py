"""What the calls of the community take and give, one file per subject."""
