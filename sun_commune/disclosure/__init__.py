"""Duties with dates: what the law asks a charity to publish, by when, and the reports that do it."""
