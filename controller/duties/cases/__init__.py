"""The cases of an export's duty: one module for each thing that is dealt with, from reading it to its decision."""
