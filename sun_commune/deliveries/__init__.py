"""Deliveries: from the promise to the thing in the house, proven by both sides."""
