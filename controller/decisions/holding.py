"""What holds a claim to its size on the export: as its class says when its volume is made, as the volume does then."""

from controller.export.requests import Limit
from policy import keys
from policy.errors import StewardError, shorten
from policy.parameters import QuotaKind
from policy.quantity import parse_quantity
from policy.shapes import Json, annotations, text


class HoldingUnclear(StewardError):
    """A volume does not say what holds it to its size; the text is a clause that names the annotation."""


def limit_of(claim: Json, quota: QuotaKind, size: str) -> Limit | None:
    """The limit of a claim's directory for this size, a quantity; None where nothing holds it. Raises
    `QuantityInvalid`.
    """
    if quota is QuotaKind.NONE:
        return None
    return Limit(quota, parse_quantity(size), text(claim, "metadata", "uid") or "")


def held_by(volume: Json) -> QuotaKind:
    """What holds a volume to its size; raises `HoldingUnclear`."""
    written = annotations(volume).get(keys.HELD_BY, QuotaKind.NONE)
    try:
        return QuotaKind(written)
    except ValueError:
        known = ", ".join(QuotaKind)
        raise HoldingUnclear(
            f"annotation {keys.HELD_BY} of its volume is {shorten(written)}, none of {known}"
        ) from None
