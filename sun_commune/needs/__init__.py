"""Needs: what a household or a village lacks, line by line, from draft to closed."""
