"""What a claim is to be a copy of, as it is now, and where that lies."""

from collections.abc import Sequence

from controller.decisions.cloning import SourceFacts, SourceNotReady
from controller.decisions.newvolume import volume_name
from controller.observed.fresh import FreshReads
from controller.observed.view import ClusterView
from policy.datasources import DataSourceRefused, source_name
from policy.model import Export
from policy.shapes import Json, text


def beside_source(view: ClusterView, claim: Json, exports: Sequence[Export]) -> Sequence[Export]:
    """Of the exports that a claim's volume may be made on, the one that what it is to be a copy of lies on; all of them
    where there is no such. Raises `SourceNotReady` while it is not known.
    """
    try:
        name = source_name(claim)
    except DataSourceRefused:
        return exports  # whichever serves it says so
    if name is None:
        return exports
    found = view.claim(name.namespace, name.name)
    volume = view.volume(volume_name(found.uid)) if found else None
    if volume is None or volume.source is None:
        raise SourceNotReady(f"claim {name} to copy from is not bound to a volume of nfs-steward (yet)")
    there = view.rules.export_of(volume.source)
    return [export for export in exports if there and export.name == there.name] or exports


def read_source(reads: FreshReads, claim: Json) -> SourceFacts | None:
    """The claim that a claim names as its data source, and its volume; None where it names none that can be copied.

    Raises `ApiError`.
    """
    try:
        name = source_name(claim)
    except DataSourceRefused:
        return None  # the decision says so
    if name is None:
        return None
    elsewhere = name.namespace != text(claim, "metadata", "namespace")
    grants = reads.reference_grants(name.namespace) if elsewhere else ()
    source = reads.claim(name.namespace, name.name)
    volume = text(source, "spec", "volumeName") if source else None
    return SourceFacts(name, source, reads.volume(volume) if volume else None, grants)
