"""What a profile forbids: inline volumes on a managed export, or those outside the paths that a namespace may use, and
under `overQuota: block` claims that use more than their size.

This side changes nothing, and `nfs-steward.io/inject: disabled` does not skip it.
"""

from collections.abc import Iterator

from policy.errors import shorten
from policy.exports import Elsewhere, Inside, Location, Reaching, inline_path_allowed
from policy.pods import InlineVolume, inline_nfs_volumes
from policy.profiles import NamespaceSettings
from policy.shapes import Json
from webhook.cluster import ClusterView
from webhook.decision import Denied, Kept, Outcome, Proposed
from webhook.overquota import refuse_over_quota


def refuse_pod(pod: Proposed, settings: NamespaceSettings, view: ClusterView) -> Iterator[Outcome]:
    """Say of each inline NFS volume whether the namespace's profile allows it, and which claims are too full."""
    yield from _refuse_inline(pod.obj, settings, view)
    yield from refuse_over_quota(pod, settings, view)


def _refuse_inline(pod: Json, settings: NamespaceSettings, view: ClusterView) -> Iterator[Outcome]:
    profile = settings.profile
    if profile.inline_volumes != "deny" and not profile.inline_paths:
        yield Kept("spec.volumes", f"{profile.rule} forbids no inline volumes")
        return
    for volume in inline_nfs_volumes(pod):
        location = view.exports.locate(volume.source.server, volume.source.path)
        yield _judge(volume, location, settings)


def _judge(volume: InlineVolume, location: Location, settings: NamespaceSettings) -> Outcome:
    field = f"spec.volumes[{volume.name}]"
    if isinstance(location, Elsewhere):
        return Kept(field, "it is on no managed export")
    objection = _objection(volume, location, settings)
    if objection is None:
        return Kept(field, f"{settings.profile.rule} allows its path")
    where = shorten(f"{volume.source.server}:{volume.source.path}")
    return Denied(field, f"volume {volume.name} ({where}): {objection}")


def _objection(volume: InlineVolume, location: Inside | Reaching, settings: NamespaceSettings) -> str | None:
    profile = settings.profile
    if profile.inline_volumes == "deny":
        return f"{profile.rule} forbids inline volumes on the export {location.export.name}; {_instead(settings)}"
    allowed = ", ".join(path.replace("${namespace}", settings.namespace) for path in profile.inline_paths)
    if isinstance(location, Reaching):
        return f"{location.reason}; {profile.rule} allows {allowed}"
    if not inline_path_allowed(profile.inline_paths, settings.namespace, volume.source.path):
        return f"the path is outside of what {profile.rule} allows: {allowed}"
    return None


def _instead(settings: NamespaceSettings) -> str:
    if settings.storage_class is None:
        return "use a PersistentVolumeClaim"
    return f"use a PersistentVolumeClaim of the StorageClass {settings.storage_class}"
