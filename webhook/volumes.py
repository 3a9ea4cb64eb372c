"""A volume's mount options: those of its export, its namespace's profile and its claim, in this order."""

from collections.abc import Iterator

from policy import keys
from policy.profiles import NamespaceSettings
from policy.shapes import Json, annotations, mapping, sequence, text
from policy.volumes import OPTIONS_FIELD, nfs_source, volume_options
from webhook.cluster import ClusterView
from webhook.decision import Field, Outcome, outcomes

OPTIONS = Field(OPTIONS_FIELD, ("spec", "mountOptions"))


def fill_volume(volume: Json, settings: NamespaceSettings, view: ClusterView) -> Iterator[Outcome]:
    """What becomes of the mount options of a new volume; `settings` are those of its claim's namespace."""
    yield from outcomes(OPTIONS, volume_options(volume, _claim(volume, view), settings, view.exports))


def _claim(volume: Json, view: ClusterView) -> Json | None:
    """The claim that the volume is reserved for, unless its wishes cannot count."""
    settled = sequence(volume, "spec", "mountOptions") or keys.LEGACY_MOUNT_OPTIONS_ANNOTATION in annotations(volume)
    name, namespace = text(volume, "spec", "claimRef", "name"), text(volume, "spec", "claimRef", "namespace")
    if settled or not name or not namespace or nfs_source(mapping(volume, "spec")) is None:
        return None
    return view.claim(namespace, name)
