"""Slips for gifts: a series without gaps, a void register, the fiscal receipt's fields, the year's statement."""
