"""Meetups: hosting, answering, and finding what is near."""
