"""The cluster's volumes that are NFS."""

from collections.abc import Iterable, Iterator

from policy.errors import WrongShape
from policy.shapes import Json, mapping
from policy.volumes import NfsSource, nfs_source


def nfs_volumes(volumes: Iterable[Json]) -> Iterator[tuple[Json, NfsSource]]:
    """Each volume with where it lies; malformed ones, which no kubelet could mount, are passed over."""
    for volume in volumes:
        try:
            source = nfs_source(mapping(volume, "spec"))
        except WrongShape:
            continue
        if source:
            yield volume, source
