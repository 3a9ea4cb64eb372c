"""Where an archive's data can be given back: to a claim that has a volume of ours, and that nobody uses.

The data takes the place of the volume's directory, as a whole and at once. Whoever had mounted the directory before
would go on seeing the old one, so that no Pod may use the claim meanwhile. Nothing is created or changed in the API.
"""

from collections.abc import Iterable, Iterator

from controller.decisions.holding import held_by, limit_of
from controller.export.requests import Limit
from controller.observed.records import ClaimRecord, VolumeRecord, claim_record, volume_record
from policy import keys
from policy.errors import StewardError
from policy.exports import ManagedExports, Segments
from policy.model import Export
from policy.shapes import Json, annotations, mapping, sequence, text
from policy.volumes import place_of

_ENDED = frozenset({"Succeeded", "Failed"})


class CannotRestore(StewardError):
    """A claim cannot be given an archive's data as things are; the text says why and what to do."""


def place_to_restore(claim: Json, volumes: Iterable[Json], export: Export, exports: ManagedExports) -> Segments:
    """The directory of a claim's volume on `export`, by all `volumes`; raises `CannotRestore`, and `WrongShape`."""
    wanted = claim_record(claim)
    known = [volume_record(each) for each in volumes]
    volume = _volume_of(wanted, text(claim, "spec", "volumeName"), known)
    place = place_of(volume.source, exports)
    if place is None or place.export.name != export.name or not place.segments:
        raise CannotRestore(f"volume {volume.name} of {_name(wanted)} does not lie on export {export.name}")
    for other in known:
        if other.name != volume.name and place_of(other.source, exports) == place:
            raise CannotRestore(f"volume {other.name} has the same directory as volume {volume.name}")
    return place.segments


def limit_to_restore(claim: Json, volumes: Iterable[Json]) -> Limit | None:
    """What the data has to be held to afterwards: by what the claim's volume says, and its size. Raises
    `HoldingUnclear` and `WrongShape`.
    """
    volume = _named(text(claim, "spec", "volumeName"), volumes)
    return limit_of(claim, held_by(volume), text(volume, "spec", "capacity", "storage") or "") if volume else None


def group_of_pods(claim: Json, volumes: Iterable[Json]) -> int | None:
    """The gid that kubelets add to Pods that mount the claim, None where its volume says none. Raises `WrongShape`."""
    volume = _named(text(claim, "spec", "volumeName"), volumes)
    written = annotations(volume).get(keys.VOLUME_GID, "") if volume else ""
    return int(written) if written.isascii() and written.isdigit() else None


def check_unused(claim: Json, pods: Iterable[Json]) -> None:
    """Raises `CannotRestore` where one of the `pods` of its namespace uses the claim, or is about to."""
    name = text(claim, "metadata", "name") or ""
    for pod in pods:
        if text(pod, "status", "phase") not in _ENDED and name in _claims_of(pod):
            raise CannotRestore(
                f"Pod {text(pod, 'metadata', 'name')} uses claim {name}, and would go on seeing the directory that the "
                "data takes the place of: stop it first"
            )


def _volume_of(claim: ClaimRecord, name: str | None, volumes: Iterable[VolumeRecord]) -> VolumeRecord:
    volume = next((each for each in volumes if each.name == name), None)
    if volume is None or volume.claim is None or volume.claim.uid != claim.uid or claim.pending:
        raise CannotRestore(f"claim {_name(claim)} is not bound: wait until it is")
    if volume.over:
        raise CannotRestore(f"volume {volume.name} of {_name(claim)} is being deleted")
    if not volume.provisioner:
        raise CannotRestore(f"volume {volume.name} of {_name(claim)} is a static one, whose data is never touched")
    if volume.provisioner != keys.PROVISIONER:
        raise CannotRestore(
            f"volume {volume.name} of {_name(claim)} was made by {volume.provisioner}, and is not ours to change: take "
            "it over first, with `nfs-steward adopt`, or take another claim"
        )
    return volume


def _named(name: str | None, volumes: Iterable[Json]) -> Json | None:
    return next((each for each in volumes if text(each, "metadata", "name") == name), None)


def _claims_of(pod: Json) -> Iterator[str]:
    """The claims that a Pod uses, those of its ephemeral volumes included, which are called after both."""
    for volume in sequence(pod, "spec", "volumes"):
        if mapping(volume, "ephemeral"):
            yield f"{text(pod, 'metadata', 'name')}-{text(volume, 'name')}"
        yield text(volume, "persistentVolumeClaim", "claimName") or ""


def _name(claim: ClaimRecord) -> str:
    return f"{claim.namespace}/{claim.name}"
