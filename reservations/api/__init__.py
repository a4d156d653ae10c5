"""The calls about passes, holds and purchases."""
