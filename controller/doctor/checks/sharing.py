"""Volumes that are in each other's way on an export."""

from collections.abc import Iterator

from controller.doctor.findings import Finding, Level
from controller.doctor.nfsvolumes import nfs_volumes
from controller.doctor.observed import Observed
from controller.doctor.wording import named
from policy import keys
from policy.exports import Segments
from policy.shapes import Json, annotations, text
from policy.volumes import place_of


def one_place(observed: Observed) -> Iterator[Finding]:
    """Volumes of ours that have one directory, and not all because their class says `shared`."""
    for (export, segments), volumes in _by_place(observed).items():
        if len(volumes) > 1 and any(annotations(each).get(keys.SHARED) != keys.SHARED_TRUE for each in volumes):
            names = sorted(text(each, "metadata", "name") or "" for each in volumes)
            yield Finding(
                Level.WARNING,
                f"volume {names[0]}",
                f"Its directory {'/'.join(segments)} on export {export} is that of {named(names[1:])}, too.",
                "Their claims see each other's data; it stays until the last of them is deleted. It was taken over "
                "like that, or two controllers served the export at once, each without knowing of the other.",
                "Have all but one of the claims made anew, with a name that gives them a directory of their own.",
            )


def _by_place(observed: Observed) -> dict[tuple[str, Segments], list[Json]]:
    found: dict[tuple[str, Segments], list[Json]] = {}
    for volume, source in nfs_volumes(observed.volumes):
        place = place_of(source, observed.managed)
        if place and place.segments and annotations(volume).get(keys.PROVISIONED_BY) == keys.PROVISIONER:
            found.setdefault((place.export.name, place.segments), []).append(volume)
    return found
