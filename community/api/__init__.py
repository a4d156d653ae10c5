"""The calls under users/."""
