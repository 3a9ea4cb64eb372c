"""The release on the node: its values, its Deployments, its Pods."""

from typing import Final

from policy import keys
from policy.shapes import Json
from testbed.bed import Testbed
from testbed.image.image import BuiltImage
from testbed.product.chart import NAMESPACE, RELEASE, name_of
from testbed.product.release import Release

DEPLOYMENTS: Final = {
    "webhook": f"{RELEASE}-webhook",
    "cluster": f"{RELEASE}-cluster",
    "export": f"{RELEASE}-export-main",
}
"""Each component's only one."""

TEAMS_CLASS, TEAMS_GROUP = "nfs-team", 4321
"""A class, and the group that gets its directories."""

GIDS: Final = {"from": 100_000, "to": 100_999}
"""The gids of which each namespace gets one."""

WITHIN: Final = 300.0
"""Seconds: Python starts slowly in a guest, and much slower beside other work of the machine."""


def chart_values(bed: Testbed, image: BuiltImage) -> Json:
    """One Pod of everything: there is one node."""
    repository, _, tag = image.name.rpartition(":")
    export = {"server": bed.export.server, "path": bed.export.path}
    return {
        "image": {"repository": repository, "tag": tag, "pullPolicy": "Never"},
        "exports": [{"name": "main", **export, "mountOptions": [*bed.export.mount_options, "noatime"]}],
        "storageClasses": [
            {"name": "nfs", "export": "main"},
            {"name": TEAMS_CLASS, "export": "main", "parameters": {"gid": str(TEAMS_GROUP)}},
        ],
        "gidRange": dict(GIDS),
        "webhook": {"replicas": 1},
        "controller": {"replicas": 1},
    }


def only_pod(release: Release, component: str, export: str | None = None) -> Json:
    """The Pod of a component, of one export alone if it is named; fails unless there is just one."""
    (pod,) = release.pods(component, export)
    return pod


def process_of(bed: Testbed, pod: Json) -> dict[str, str]:
    """What the kernel says of the first process of a Pod of the release; of several values the last."""
    looking = ["grep", "-E", "^(Uid|Cap...|NoNewPrivs|Seccomp):", "/proc/1/status"]
    said = bed.kubectl("exec", f"--namespace={NAMESPACE}", name_of(pod), "--", *looking)
    return {line.partition(":")[0]: line.split()[-1] for line in said.splitlines()}


def enforce_pod_security(bed: Testbed, level: str) -> None:
    """Have the release's namespace let in Pods of that level, and no others."""
    bed.kubectl("label", "namespace", NAMESPACE, f"{keys.POD_SECURITY_ENFORCE}={level}", "--overwrite")


def wait_all_available(release: Release) -> None:
    """Return when every Deployment is available."""
    release.wait_available(*DEPLOYMENTS.values(), within=WITHIN)
