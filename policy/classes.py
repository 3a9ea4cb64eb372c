"""StorageClasses: what is remembered of one, and which is the cluster's default."""

from collections.abc import Iterable
from dataclasses import dataclass

from policy import keys
from policy.shapes import Json, annotations, text


@dataclass(frozen=True, slots=True)
class StorageClass:
    """What the rules need of a StorageClass; `created` is RFC 3339 in UTC, so that text order is time order."""

    name: str
    provisioner: str
    is_default: bool
    created: str


def storage_class_of(raw: Json) -> StorageClass:
    """Keep what the rules need of a raw StorageClass; raises `WrongShape` where it is none."""
    marks = annotations(raw)
    return StorageClass(
        name=text(raw, "metadata", "name") or "",
        provisioner=text(raw, "provisioner") or "",
        is_default=any(marks.get(key) == "true" for key in keys.DEFAULT_CLASS_ANNOTATIONS),
        created=text(raw, "metadata", "creationTimestamp") or "",
    )


def cluster_default(classes: Iterable[StorageClass]) -> str | None:
    """The class that the API server's DefaultStorageClass plugin would put on a claim that names none.

    The plugin's own rule: of the classes that either annotation marks, the newest, and of equally old ones the first
    by name (`GetDefaultClass` in Kubernetes' pkg/volume/util/storageclass.go).
    """
    marked = sorted((each for each in classes if each.is_default), key=lambda each: each.name)
    return max(marked, key=lambda each: each.created).name if marked else None
