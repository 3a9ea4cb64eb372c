"""The group that a Pod needs for its inline volumes: its namespace's own, which their directories belong to.

For claims the annotation `pv.beta.kubernetes.io/gid` on the volume does it: the kubelet adds that group by itself.
"""

from collections.abc import Iterator

from policy.marks import filled_fields
from policy.ownership import AUTO
from policy.shapes import Json, sequence, text
from webhook.cluster import ClusterView
from webhook.decision import APPEND, Field, Filled, Kept, Outcome, Warned
from webhook.inline import ManagedVolume

GROUPS = Field("spec.securityContext.supplementalGroups", ("spec", "securityContext", "supplementalGroups", APPEND))
_RULE = "gid: auto of the export's directories"


def join_group(pod: Json, managed: tuple[ManagedVolume, ...], namespace: str, view: ClusterView) -> Iterator[Outcome]:
    """The group of a Pod with inline volumes on managed exports whose directories get the namespace's own gid."""
    if all(each.export.directories.gid != AUTO for each in managed):
        return
    if text(pod, "spec", "os", "name") == "windows":
        yield Kept(GROUPS.name, "a Pod on Windows has no groups")
        return
    gid = view.gid(namespace)
    if gid is None:
        why = f"no gid of namespace {namespace} is known yet"
        yield Kept(GROUPS.name, why)
        yield Warned(f"{why}: a Pod that does not run as root may not get at its inline volumes. Create it again later")
    elif gid in sequence(pod, "spec", "securityContext", "supplementalGroups"):
        yield Kept(GROUPS.name, f"the group {gid} is there already")
    elif GROUPS.name in filled_fields(pod):
        yield Kept(GROUPS.name, "it was filled in before")
    else:
        yield Filled(GROUPS, gid, _RULE)
