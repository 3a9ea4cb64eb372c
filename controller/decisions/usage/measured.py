"""Whose use is measured: each directory's once, and for the volume whose it is."""

from controller.observed.occupied import OccupiedDirectories
from controller.observed.records import VolumeRecord
from policy import keys
from policy.exports import Inside


def may_be_measured(volume: VolumeRecord, opted_in: bool) -> bool:
    """Whether a volume is bound, and one whose use is measured unless its directory is others' too. `opted_in` is said
    of its claim's namespace: a volume of ours is measured everywhere, a static one only there.
    """
    if volume.claim is None or not volume.claim.uid or volume.over or volume.shared:
        return False
    if volume.provisioner == keys.PROVISIONER:
        return True
    return opted_in and not volume.left_alone and not volume.directory_ignored


def has_directory_of_its_own(volume: VolumeRecord, place: Inside, occupied: OccupiedDirectories) -> bool:
    """Whether what lies in a volume's directory counts as its own.

    What lies in that of a volume of ours does, even where an administrator has made another volume of the same
    directory. Of other volumes it does not where another one has the same, or one inside it; nor does a whole export.
    """
    if not place.segments:
        return False
    return volume.provisioner == keys.PROVISIONER or not occupied.holds_others(
        place.export.name, place.segments, volume.name
    )
