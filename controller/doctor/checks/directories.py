"""Directories and volumes that do not go together."""

from collections.abc import Iterator

from controller.doctor.findings import Finding, Level
from controller.doctor.observed import Observed
from controller.doctor.places import places_on
from controller.doctor.wording import named
from policy.paths import RESERVED
from policy.shapes import text


def without_volume(observed: Observed) -> Iterator[Finding]:
    """Directories that no volume, no Pod and no namespace has a claim to."""
    for export in observed.exports:
        strange = ["/".join(segments) for segments in export.survey.strange] if export.survey else []
        if strange:
            yield Finding(
                Level.NOTE,
                str(export),
                f"{len(strange)} of its directories belong to nothing in this cluster: {named(strange)}.",
                "They take room. They may be data of deleted volumes that was to be kept, another cluster's, or what "
                "people put there.",
                "Look what they are. nfs-steward never touches them; what nobody needs has to be removed by hand.",
            )


def without_directory(observed: Observed) -> Iterator[Finding]:
    """Volumes in use whose directory is not there."""
    for export in observed.exports:
        needed = places_on(export.name, observed).needed
        for segments, instead in export.survey.missing.items() if export.survey else ():
            if segments in needed:
                yield Finding(
                    Level.ERROR,
                    f"volume {needed[segments]}",
                    f"Its directory {'/'.join(segments)} is not on {export}: {instead}.",
                    "A Pod that uses it stays in ContainerCreating, since its mount fails.",
                    "Put the data back from a backup, or make the directory anew, empty, with the owner it needs. In "
                    "an opted-in namespace the export's controller makes directories of static volumes by itself: "
                    "does it lead (see lease-unheld)?",
                )


def area_refused(observed: Observed) -> Iterator[Finding]:
    """What has the name of our own area on an export is not ours alone."""
    for export in observed.exports:
        if export.survey and export.survey.area:
            yield Finding(
                Level.ERROR,
                str(export),
                f"{RESERVED} in its root {export.survey.area}.",
                "Controllers do not use it: data is neither deleted nor archived nor copied there, since others could "
                "have planted or could take what is in it.",
                f"Look who made it and what is in it; then chmod 0700 {RESERVED} on the server, or remove it.",
            )


def left_aside(observed: Observed) -> Iterator[Finding]:
    """Data that was set aside for a volume that is gone."""
    asking = {text(volume, "metadata", "uid") for volume in observed.volumes}
    for export in observed.exports:
        for uid in export.survey.aside if export.survey else ():
            if uid not in asking:
                yield Finding(
                    Level.WARNING,
                    str(export),
                    f"{RESERVED}/aside/{uid} holds data of a volume that is gone.",
                    "It was moved there to be deleted or archived, and then somebody else removed the volume: nobody "
                    "asks for it any more, and nfs-steward does not decide what it was worth.",
                    "Look at it on the server: where a volume in use lacks its directory (volume-without-directory) it "
                    f"may be that one's. Then move it where it is wanted, or rm -r {RESERVED}/aside/{uid}.",
                )
