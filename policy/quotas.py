"""What a namespace may ask for, in the words of a ResourceQuota and of a LimitRange.

The API server holds everybody to them, after admission webhooks have filled in what was left out.
https://kubernetes.io/docs/concepts/policy/resource-quotas/#storage-resource-quota
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from policy.errors import QuantityInvalid
from policy.model import Quota
from policy.profiles import NamespaceSettings
from policy.quantity import parse_amount, whole_quantity
from policy.shapes import Json

NONE_OF_IT: Final = "0"
_OF_A_CLASS: Final = ".storageclass.storage.k8s.io/"
_STORAGE: Final = "requests.storage"
_CLAIMS: Final = "persistentvolumeclaims"
_NO_QUOTA: Final = Quota()


@dataclass(frozen=True, slots=True)
class Counted:
    """What a quota counts of a class: what its claims ask for in bytes, or, where `claims`, how many they are."""

    storage_class: str
    claims: bool = False


def counted(name: str) -> Counted | None:
    """What a quota counts under this name; None: nothing of a class."""
    storage_class, found, what = name.partition(_OF_A_CLASS)
    return Counted(storage_class, what == _CLAIMS) if found and what in (_STORAGE, _CLAIMS) else None


def storage_of(storage_class: str) -> str:
    """The name under which a quota counts what claims of a class ask for, in bytes."""
    return f"{storage_class}{_OF_A_CLASS}{_STORAGE}"


def claims_of(storage_class: str) -> str:
    """The name under which a quota counts the claims of a class."""
    return f"{storage_class}{_OF_A_CLASS}{_CLAIMS}"


def hard_limits(settings: NamespaceSettings) -> Mapping[str, str]:
    """What the namespace's quota has as `spec.hard`; nothing: it has no quota.

    As soon as anything is limited, every other class that any profile names is too, or it would be the way round: to
    what the namespace's own profile has for it in `quota.classes`, else to nothing. Quantities are whole, in units as
    they were written.
    """
    if not settings.limited:
        return {}
    own, quota = settings.storage_class, settings.profile.quota or _NO_QUOTA
    if settings.quota_storage is None and settings.max_claims is None and not quota.classes:
        return {}
    storage = {name: quota.classes.get(name) for name in settings.limited_classes if name != own}
    hard = {storage_of(name): whole_quantity(most) if most else NONE_OF_IT for name, most in sorted(storage.items())}
    if own is None:
        return hard
    most = settings.quota_storage or quota.classes.get(own)
    of_own = {storage_of(own): whole_quantity(most)} if most else {}
    if settings.max_claims is not None:
        of_own[claims_of(own)] = str(settings.max_claims)
    return of_own | hard


def claim_limits(settings: NamespaceSettings) -> Json | None:
    """The one item that the namespace's LimitRange has in `spec.limits`; None: there is no LimitRange.

    It knows no classes: every claim of the namespace is held to it.
    """
    sizes = {"min": settings.claim_min, "max": settings.claim_max}
    limits = {bound: {"storage": whole_quantity(size)} for bound, size in sizes.items() if size}
    return {"type": "PersistentVolumeClaim", **limits} if limits and settings.limited else None


def same_amounts(one: Any, other: Any) -> bool:
    """Whether two parts of an object say the same, where quantities may be spelled otherwise: the API server writes
    `0.5Ti` as `512Gi`.
    """
    match one, other:
        case dict(), dict():
            return one.keys() == other.keys() and all(same_amounts(one[key], other[key]) for key in one)
        case list(), list():
            return len(one) == len(other) and all(map(same_amounts, one, other))
        case str(), str() if one != other:
            return _is_one_amount(one, other)
        case _:
            return bool(one == other)


def _is_one_amount(one: str, other: str) -> bool:
    try:
        return parse_amount(one) == parse_amount(other)
    except QuantityInvalid:
        return False
