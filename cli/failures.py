"""How a refusal is told on a terminal: in one line."""

from policy.errors import PolicyInvalid, StewardError


def one_line(refusal: StewardError) -> str:
    """Return the refusal's text without line breaks; of a policy's problems the first, and how to see the rest."""
    if isinstance(refusal, PolicyInvalid) and refusal.problems:
        first, *others = refusal.problems
        more = f" (and {len(others)} more: see `nfs-steward policy check`)" if others else ""
        return f"{refusal.source} is not a valid policy: {' '.join(str(first).split())}{more}"
    return " ".join(str(refusal).split())
