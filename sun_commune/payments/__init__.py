"""Paying online into the charity's merchant account: orders, providers' call-backs, and a simulator for the demo."""
