"""Volumes on NFS: where they lie, which class they have, and the mount options that they get."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policy import keys
from policy.choices import Choice, Fill, Keep
from policy.claims import requested_options
from policy.errors import WrongShape
from policy.exports import Inside, ManagedExports, Reaching
from policy.marks import OPTED_OUT, filled_fields, opted_out
from policy.model import Export
from policy.profiles import NamespaceSettings
from policy.shapes import Json, annotations, mapping, sequence, text

OPTIONS_FIELD = "spec.mountOptions"
"""How the list of filled fields names a volume's mount options."""


@dataclass(frozen=True, slots=True)
class NfsSource:
    """A server and a path on it, as written."""

    server: str
    path: str


def nfs_source(spec: Mapping[str, Any]) -> NfsSource | None:
    """Where a volume lies that is NFS, natively or by the CSI driver `nfs.csi.k8s.io`; None for all others.

    `spec` is a PersistentVolume's spec or one of a Pod's `volumes`. One without a server or path, which neither the API
    server nor the driver would take, counts as none. Raises `WrongShape` for malformed ones.
    """
    if spec.get("nfs") is not None:
        return _source(text(spec, "nfs", "server"), text(spec, "nfs", "path"))
    if spec.get("csi") is not None and text(spec, "csi", "driver") == keys.NFS_CSI_DRIVER:
        return _csi_source(_driver_settings(spec))
    return None


def place_of(source: NfsSource | None, exports: ManagedExports) -> Inside | None:
    """Where a source lies below a managed export; None for one that lies on none, whatever it could reach."""
    location = exports.locate(source.server, source.path) if source else None
    return location if isinstance(location, Inside) else None


def class_of_volume(volume: Json) -> str:
    """The class of a PersistentVolume, `` for none; as for Kubernetes, the legacy annotation goes first."""
    legacy = annotations(volume).get(keys.LEGACY_CLASS_ANNOTATION)
    return legacy if legacy is not None else text(volume, "spec", "storageClassName") or ""


def volume_options(volume: Json, claim: Json | None, settings: NamespaceSettings, exports: ManagedExports) -> Choice:
    """The mount options that a PersistentVolume without any gets (a list), or why it gets none.

    `settings` are those of the namespace of its claim, `claim` that claim, None where there is none yet. Raises
    `WrongShape` for malformed objects.
    """
    source = nfs_source(mapping(volume, "spec"))
    if source is None:
        return Keep("it is no NFS volume")
    objection = _objection(volume, claim)
    if objection:
        return Keep(objection)
    location = exports.locate(source.server, source.path)
    if isinstance(location, Reaching):
        return Keep(location.reason)
    return _merged(claim or {}, settings, location.export if isinstance(location, Inside) else None)


def _objection(volume: Json, claim: Json | None) -> str | None:
    """Why nobody but its author may decide the volume's mount options, or None."""
    if opted_out(volume):
        return OPTED_OUT
    if claim is not None and opted_out(claim):
        return f"{OPTED_OUT} on its claim"
    if sequence(volume, "spec", "mountOptions") or _driver_is_given_options(volume):
        return "its author set mount options"
    if keys.LEGACY_MOUNT_OPTIONS_ANNOTATION in annotations(volume):
        return f"annotation {keys.LEGACY_MOUNT_OPTIONS_ANNOTATION} sets mount options"
    return "they were filled in before" if OPTIONS_FIELD in filled_fields(volume) else None


def _driver_is_given_options(volume: Json) -> bool:
    return bool(_driver_settings(mapping(volume, "spec")).get("mountoptions"))


def _merged(claim: Json, settings: NamespaceSettings, export: Export | None) -> Choice:
    options = requested_options(claim, settings, export).options
    if not options:
        return Keep(f"neither its export nor {settings.profile.rule} sets mount options")
    granted = requested_options({}, settings, export).options
    origins = (
        f"export {export.name}" if export and export.mount_options else "",
        settings.profile.rule if settings.profile.mount_options else "",
        f"annotation {keys.MOUNT_OPTIONS} of its claim" if options != granted else "",
    )
    return Fill(list(options), ", ".join(filter(None, origins)))


def _source(server: str | None, path: str | None) -> NfsSource | None:
    return NfsSource(server, path) if server and path else None


def _csi_source(attributes: Mapping[str, str]) -> NfsSource | None:
    """The driver mounts `share`, and `subDir` below it where that is given."""
    share, below = attributes.get("share"), attributes.get("subdir")
    path = f"{share.rstrip('/')}/{below}" if share and below else share
    return _source(attributes.get("server"), path)


def _driver_settings(spec: Mapping[str, Any]) -> Mapping[str, str]:
    """The attributes for the CSI driver, which reads their names in any case (NodePublishVolume in its nodeserver.go).

    With one name in two spellings it takes either, at random: such a volume is malformed.
    """
    found: dict[str, str] = {}
    for name, value in mapping(spec, "csi", "volumeAttributes").items():
        if not isinstance(value, str):
            raise WrongShape(f"csi.volumeAttributes[{name}]", "a string", value)
        if name.lower() in found:
            raise WrongShape("csi.volumeAttributes", "an object with each name once, whatever its case,", spec)
        found[name.lower()] = value
    return found
