"""What every app stands on. Nothing here imports an app."""
