"""Inline `nfs:` volumes become inline volumes of the NFS CSI driver, which can carry mount options.

The one change to what an author wrote, and only under `inlineVolumes: csi`. The driver reads `server`, `share` and
`mountOptions` (comma-separated) from volumeAttributes, and `readOnly` beside them
(https://github.com/kubernetes-csi/csi-driver-nfs, NodePublishVolume).
"""

from collections.abc import Iterator

from policy import keys
from policy.marks import filled_fields
from policy.mountoptions import effective_options
from policy.profiles import NamespaceSettings
from policy.shapes import Json, mapping, sequence
from webhook.cluster import ClusterView
from webhook.decision import Field, Filled, Kept, Outcome, Warned
from webhook.inline import ManagedVolume

_RESTRICTED = "restricted"


def rewrite(
    pod: Json, managed: tuple[ManagedVolume, ...], settings: NamespaceSettings, view: ClusterView
) -> Iterator[Outcome]:
    """What becomes of each `nfs:` volume on a managed export."""
    wanted = [each for each in managed if each.volume.form == "nfs"]
    if settings.profile.inline_volumes != "csi" or not wanted:
        return
    objection = _objection(settings, view)
    before = filled_fields(pod)
    for each in wanted:
        if objection:
            yield Kept(each.label, objection)
            yield Warned(f"volume {each.volume.name} stays nfs, without mount options: {objection}")
        elif f"{each.label}.csi" in before:
            yield Kept(each.label, "it was filled in before")
        else:
            yield _rewritten(pod, each, settings)


def _objection(settings: NamespaceSettings, view: ClusterView) -> str | None:
    if settings.pod_security == _RESTRICTED:
        # The restricted standard forbids nfs and allows csi: rewriting would admit what it refuses.
        # https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
        return f"the namespace enforces Pod Security {_RESTRICTED}, which forbids nfs volumes"
    if not view.csi_ephemeral():
        return f"the CSIDriver {keys.NFS_CSI_DRIVER} does not list Ephemeral in volumeLifecycleModes"
    return None


def _rewritten(pod: Json, managed: ManagedVolume, settings: NamespaceSettings) -> Outcome:
    index = managed.volume.index
    source = mapping(sequence(pod, "spec", "volumes")[index], "nfs")
    profile = settings.profile
    options = effective_options(managed.export.mount_options, profile.mount_options, (), None).options
    attributes = {"server": source["server"], "share": source["path"]}
    if options:
        attributes["mountOptions"] = ",".join(options)
    csi: Json = {"driver": keys.NFS_CSI_DRIVER, "volumeAttributes": attributes}
    if source.get("readOnly") is True:
        csi["readOnly"] = True
    volume = ("spec", "volumes", index)
    field = Field(f"{managed.label}.csi", (*volume, "csi"))
    return Filled(field, csi, profile.rule, removes=(*volume, "nfs"))
