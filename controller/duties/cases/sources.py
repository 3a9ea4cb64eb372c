"""What a claim is to be a copy of, as it is now."""

from controller.decisions.cloning import SourceFacts
from controller.observed.fresh import FreshReads
from policy.datasources import DataSourceRefused, source_name
from policy.shapes import Json, text


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
    grants = tuple(reads.reference_grants(name.namespace)) if elsewhere else ()
    source = reads.claim(name.namespace, name.name)
    volume = text(source, "spec", "volumeName") if source else None
    return SourceFacts(name, source, reads.volume(volume) if volume else None, grants)
