"""Demonstration data: the press article's cases on real places, invented families, and loads of any size."""
