"""Claims: what a donor takes on, held while checked, pledged with a date, kept or released."""
