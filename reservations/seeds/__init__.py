"""Seeds: the secret behind every random order of a drop, sealed before and shown after."""
