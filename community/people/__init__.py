"""Members: their names, whom they follow, block and mute."""
