"""Comparing: what was claimed with what was found, and how small an error the comparison would have seen."""
