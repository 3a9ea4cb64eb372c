"""What a namespace may ask for, in the words of a ResourceQuota and of a LimitRange.

The API server holds everybody to them, after admission webhooks have filled in what was left out.
https://kubernetes.io/docs/concepts/policy/resource-quotas/#storage-resource-quota
"""

from collections.abc import Mapping
from typing import Final

from policy.model import Quota
from policy.profiles import NamespaceSettings
from policy.quantity import whole_quantity
from policy.shapes import Json

NONE_OF_IT: Final = "0"
_STORAGE: Final = ".storageclass.storage.k8s.io/requests.storage"
_CLAIMS: Final = ".storageclass.storage.k8s.io/persistentvolumeclaims"
_NO_QUOTA: Final = Quota()


def storage_of(storage_class: str) -> str:
    """The name under which a quota counts what claims of a class ask for, in bytes."""
    return f"{storage_class}{_STORAGE}"


def claims_of(storage_class: str) -> str:
    """The name under which a quota counts the claims of a class."""
    return f"{storage_class}{_CLAIMS}"


def hard_limits(settings: NamespaceSettings) -> Mapping[str, str]:
    """What the namespace's quota has as `spec.hard`; nothing: it has no quota.

    As soon as anything is limited, every other class that a profile names is too, or it would be the way round: to what
    the profile's `quota.classes` says, else to nothing. Quantities are whole, in units as they were written.
    """
    if not settings.limited:
        return {}
    own, quota = settings.storage_class, settings.profile.quota or _NO_QUOTA
    if settings.quota_storage is None and settings.max_claims is None and not quota.classes:
        return {}
    storage = {name: quota.classes.get(name) for name in settings.nfs_classes | quota.classes.keys() if name != own}
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
