"""The community's feed: items, posts, comments and likes."""
