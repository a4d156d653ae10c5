"""Django's PostgreSQL, with connections that may end while PostgreSQL stays up."""
