"""What can go wrong with a benchmark."""

from policy.errors import StewardError


class BenchError(StewardError):
    """A measurement would be worthless: a contestant failed, or does something else than the others."""
