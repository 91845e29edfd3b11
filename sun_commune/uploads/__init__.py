"""Photos and documents: taken in safely, re-encoded, served by random names."""
