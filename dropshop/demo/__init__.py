"""The demo's people and goods, and how they are taken out again."""
