"""The checks: each a pure function from what was observed to what is wrong."""
