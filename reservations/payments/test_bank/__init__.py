"""The built-in bank, for development and tests."""
