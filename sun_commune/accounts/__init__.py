"""People: users, organisations, their roles for a place and a term, and signing in."""
