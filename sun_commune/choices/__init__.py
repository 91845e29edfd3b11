"""Money that cannot be used as it was promised: its donor chooses what becomes of it."""
