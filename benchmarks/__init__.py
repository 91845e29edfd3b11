"""Performance, measured as ratios to floors in the same run: ``python3 sun.py bench`` (docs/speed.md)."""
