"""Measuring what volumes hold: trees are walked beside the record of the last walk, slowly, in processes apart."""
