"""The feeds of other shops, read for restocks."""
