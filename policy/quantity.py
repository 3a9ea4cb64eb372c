"""Sizes as Kubernetes writes them: `1Gi`, `0.5Ti`, `100M`, `1e3`.

The grammar is that of apimachinery's `resource.ParseQuantity`
(https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/).
"""

import re

from policy.errors import QuantityInvalid

_LARGEST = 2**63 - 1
_TOO_LARGE = "is more than 2^63-1, the most that Kubernetes can count to"
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_LONGEST_TEXT = 64
_LARGEST_EXPONENT = 100
_QUANTITY = re.compile(
    r"(?P<sign>[+-]?)(?=\.?\d)(?P<whole>\d*)(?:\.(?P<fraction>\d*))?(?:[eE](?P<exponent>[+-]?\d+)|(?P<unit>[A-Za-z]*))",
    re.ASCII,
)
_WHOLE = re.compile(r"\d+(?:[KMGTPE]i|[kMGTPE])?", re.ASCII)


def parse_quantity(text: str | int) -> int:
    """Read a size in bytes (or a count in units), rounded up to a whole one as Kubernetes' `Value()` does.

    Raises `QuantityInvalid` for what Kubernetes would not read (`1GB`), and for what is no size: nothing, less than
    nothing, more than 2^63-1. Kubernetes cuts binary sizes (`16Ei`) to that figure in silence, and so does this.
    """
    size = parse_amount(text)
    if size == 0:
        raise QuantityInvalid(str(text), "is zero: a size must be more than that")
    return size


def parse_amount(text: str | int) -> int:
    """Read how much there is of something, as `parse_quantity` reads a size; of this there may be none."""
    whole, fraction, power_of_ten, power_of_two = _parts(str(text))
    digits = int(whole + fraction)
    if digits == 0:
        return 0
    if power_of_ten > _LARGEST_EXPONENT:
        raise QuantityInvalid(str(text), _TOO_LARGE)
    power_of_ten = max(power_of_ten, -_LARGEST_EXPONENT) - len(fraction)
    value = _ceil(digits << power_of_two, power_of_ten)
    if value > _LARGEST and not power_of_two:
        raise QuantityInvalid(str(text), _TOO_LARGE)
    return min(value, _LARGEST)


def whole_quantity(text: str) -> str:
    """The same size without a fraction, which Kubernetes does not take for all that it counts: as it is written where
    that is a whole number of some unit, else in bytes; nothing is `0`. Raises `QuantityInvalid` as `parse_amount` does.
    """
    size = parse_amount(text)
    return text if size and _WHOLE.fullmatch(text) else str(size)


def _parts(text: str) -> tuple[str, str, int, int]:
    """Split into digits before and after the point, power of ten, power of two."""
    found = _QUANTITY.fullmatch(text) if len(text) <= _LONGEST_TEXT else None
    if not found:
        raise QuantityInvalid(text, "is no quantity such as 500Mi, 1Gi or 0.5Ti")
    if found["sign"] == "-":
        raise QuantityInvalid(text, "is negative: a size must be more than zero")
    whole, fraction = found["whole"], found["fraction"] or ""
    if found["exponent"]:
        return whole, fraction, int(found["exponent"]), 0
    unit = found["unit"]
    if unit in _BINARY:
        return whole, fraction, 0, _BINARY[unit]
    if unit in _DECIMAL:
        return whole, fraction, _DECIMAL[unit], 0
    raise QuantityInvalid(text, f"has no unit of Kubernetes' at its end{_meant(unit)}")


def _meant(unit: str) -> str:
    """A hint for the commonest slips: `GB`, `gb`, `g`, `KiB`, `K`."""
    bare = unit.rstrip("Bb").replace("I", "i")
    candidates = [known for known in (*_DECIMAL, *_BINARY) if known and known.lower() == bare.lower()]
    return f": {unit} should be {candidates[-1]}" if candidates else " (Ki Mi Gi Ti Pi Ei, or k M G T P E)"


def _ceil(digits: int, power_of_ten: int) -> int:
    if power_of_ten >= 0:
        return digits * int(10**power_of_ten)
    return -(-digits // int(10**-power_of_ten))
