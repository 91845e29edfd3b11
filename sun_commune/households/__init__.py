"""Families: private by default, public by a code and what consent allows."""
