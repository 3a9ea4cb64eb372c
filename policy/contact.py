"""Whom to ask, said alike by all that tell people what they may not do."""


def ask_for(what: str, contact: str | None) -> str:
    """Whom to ask for it, as a sentence. `contact` is the policy's."""
    return f"For {what}, ask {contact or 'those who run the cluster'}."
