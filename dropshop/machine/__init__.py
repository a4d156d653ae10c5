"""The processes and the machine they run on; what starts the shop works before there are settings."""
