"""The rows of admission: what people write, and what it is once it has been admitted.

Inline and static volumes lie on exports whose controllers do not run, so that what was filled in stays as it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from policy import keys
from policy.shapes import Json

from .installation import INERT, STANDARD
from .objects import DEAD, MODES, NOWHERE, SIZE, SLOW, claim, nfs, pod, template, volume, whole_claim

PLUGIN = "whatever the API server's own plugin fills in"

CLASS, REQUEST, ACCESS = "spec.storageClassName", "spec.resources.requests.storage", "spec.accessModes"
OPTIONS, GATES = "spec.mountOptions", "spec.schedulingGates"
USUAL = "hard,noatime"

TEAM, STRANGERS = "TEAM", "STRANGERS"
"""Stand in the tables for the names of an opted-in namespace, and of one that is not."""


@dataclass(frozen=True)
class ClaimRow:
    """What its author writes; then its class, what was filled in, and the options that its volume will get."""

    author: Json
    gets: str | None
    fills: Sequence[str] = ()
    effective: str | None = None


def author(meta: Json | None = None, **spec: Any) -> Json:
    return whole_claim("", TEAM, meta=meta, **spec)


def asking(options: str, **spec: Any) -> Json:
    return author({"annotations": {keys.MOUNT_OPTIONS: options}}, **spec)


CLAIMS = {
    "no-class": ClaimRow(author(), INERT, [CLASS], USUAL),
    "the-default-by-name": ClaimRow(author(storageClassName=STANDARD), STANDARD),
    "another-by-name": ClaimRow(author(storageClassName="another"), "another"),
    "the-same-by-name": ClaimRow(author(storageClassName=INERT), INERT, [], USUAL),
    "another-profiles-by-name": ClaimRow(author(storageClassName="inert-gold"), "inert-gold", [], USUAL),
    "empty-class": ClaimRow(author(storageClassName=""), ""),
    "selector": ClaimRow(author(selector={"matchLabels": {"a": "b"}}), PLUGIN),
    "data-source": ClaimRow(author(dataSource={"kind": "PersistentVolumeClaim", "name": "a"}), PLUGIN),
    "data-source-ref": ClaimRow(author(dataSourceRef={"apiGroup": "a.b", "kind": "C", "name": "d"}), PLUGIN),
    "legacy-annotation": ClaimRow(author({"annotations": {keys.LEGACY_CLASS_ANNOTATION: "old"}}), None),
    "volume-with-class": ClaimRow(author(volumeName=f"{TEAM}-with-class"), "handmade", [CLASS]),
    "volume-without-class": ClaimRow(author(volumeName=f"{TEAM}-without-class"), "", [CLASS]),
    "volume-and-class": ClaimRow(author(volumeName=f"{TEAM}-with-class", storageClassName="own"), "own"),
    "missing-volume": ClaimRow(author(volumeName=f"{TEAM}-missing"), PLUGIN),
    "no-size": ClaimRow(claim("", TEAM, **MODES), INERT, [CLASS, REQUEST], USUAL),
    "no-modes": ClaimRow(claim("", TEAM, **SIZE), INERT, [CLASS, ACCESS], USUAL),
    "nothing": ClaimRow(claim("", TEAM), INERT, [CLASS, REQUEST, ACCESS], USUAL),
    "no-size-but-a-class": ClaimRow(claim("", TEAM, storageClassName="another", **MODES), "another", [REQUEST]),
    "left-alone": ClaimRow(author({"labels": {keys.INJECT: keys.INJECT_DISABLED}}), PLUGIN),
    "asking": ClaimRow(asking("rsize=65536"), INERT, [CLASS], f"{USUAL},rsize=65536"),
    "asking-too-much": ClaimRow(asking("suid,actimeo=3"), INERT, [CLASS], f"{USUAL},actimeo=3"),
    "asking-elsewhere": ClaimRow(asking("rsize=65536", storageClassName="another"), "another"),
}


@dataclass(frozen=True)
class VolumeRow:
    """What its author writes, and the mount options that it has then."""

    author: Json
    options: str
    fills: bool


def nfs_volume(source: Json | None = None, claim: str = "later", team: str = TEAM, **rest: Any) -> Json:
    return volume("", source or nfs("x", DEAD), reserved_for=(team, claim), **rest)


CSI: Json = {"csi": {"driver": keys.NFS_CSI_DRIVER, "volumeHandle": "x"}}
CSI["csi"]["volumeAttributes"] = {"server": "10.0.2.2", "share": "/nfs/dead/x"}
NOT_ASKED_FOR = "nobodys"
"""No claim's class: the binder gives a volume without one to any claim that waits for it, such as another test's."""
OLD_OPTIONS = {"annotations": {keys.LEGACY_MOUNT_OPTIONS_ANNOTATION: "soft"}}

VOLUMES = {
    "reserved": VolumeRow(nfs_volume(), "nconnect=4,hard,noatime", fills=True),
    "reserved-csi": VolumeRow(nfs_volume(CSI), "nconnect=4,hard,noatime", fills=True),
    "elsewhere": VolumeRow(nfs_volume(nfs("x", server="192.0.2.1")), "hard,noatime", fills=True),
    "asked-for": VolumeRow(nfs_volume(claim="asking"), "nconnect=4,hard,noatime,rsize=65536", fills=True),
    "options-set": VolumeRow(nfs_volume(mountOptions=["soft"]), "soft", fills=False),
    "options-by-annotation": VolumeRow(nfs_volume(meta=OLD_OPTIONS), "", fills=False),
    "not-reserved": VolumeRow(volume("", nfs("x", DEAD), storageClassName=NOT_ASKED_FOR), "", fills=False),
    "strangers": VolumeRow(nfs_volume(team=STRANGERS), "", fills=False),
    "not-nfs": VolumeRow(nfs_volume({"hostPath": {"path": "/nonexistent"}}), "", fills=False),
    "left-alone": VolumeRow(nfs_volume(meta={"labels": {keys.INJECT: keys.INJECT_DISABLED}}), "", fills=False),
}


@dataclass(frozen=True)
class PodRow:
    """What its author writes; then the gates it waits for, whether it is marked, and what was filled in."""

    author: Json
    gates: Sequence[str] = ()
    marked: bool = False
    fills: Sequence[str] = ()
    template: Json | None = None
    template_fills: Sequence[str] = ()


def waiting(*volumes: Json, meta: Json | None = None, **spec: Any) -> Json:
    return pod("", TEAM, *volumes, meta=meta, nodeSelector=NOWHERE, **spec)


GATE = keys.DIRECTORY_GATE
INLINE: Json = {"marked": True, "fills": [GATES]}
ALONE = {"labels": {keys.INJECT: keys.INJECT_DISABLED}}
MIRROR = {"annotations": {keys.MIRROR_POD: "x"}}
TEMPLATE = {"storageClassName": INERT, **SIZE, **MODES}
DRIVER = {"csi": {"driver": keys.NFS_CSI_DRIVER, "volumeAttributes": CSI["csi"]["volumeAttributes"]}}

PODS = {
    "inline": PodRow(waiting(nfs("x", DEAD)), [GATE], **INLINE),
    "inline-by-another-name": PodRow(waiting(nfs("x", DEAD, server="dead.TEST.")), [GATE], **INLINE),
    "inline-csi": PodRow(waiting(DRIVER), [GATE], **INLINE),
    "inline-among-others": PodRow(waiting({"emptyDir": {}}, nfs("x", DEAD)), [GATE], **INLINE),
    "two-exports": PodRow(waiting(nfs("x", DEAD), nfs("x", SLOW)), [GATE, f"{GATE}-dead", f"{GATE}-slow"], **INLINE),
    "another-gate": PodRow(
        waiting(nfs("x", DEAD), schedulingGates=[{"name": "own/gate"}]), ["own/gate", GATE], **INLINE
    ),
    "given-a-node": PodRow(waiting(nfs("x", DEAD), nodeName="no-such-node"), marked=True),
    "mirror": PodRow(
        waiting(nfs("x", DEAD), template(**SIZE, **MODES), nodeName="no-such-node", meta=MIRROR), marked=True
    ),
    "elsewhere": PodRow(waiting(nfs("x", server="192.0.2.1"))),
    "beside": PodRow(waiting(nfs("x", "/nfs/dead2"))),
    "climbing": PodRow(waiting(nfs("../dead/x", "/nfs/other"))),
    "no-nfs": PodRow(waiting({"emptyDir": {}})),
    "left-alone": PodRow(waiting(nfs("x", DEAD), template(**SIZE, **MODES), meta=ALONE)),
    "template": PodRow(waiting(template(**SIZE, **MODES)), template=TEMPLATE, template_fills=[CLASS]),
    "template-of-nothing": PodRow(waiting(template()), template=TEMPLATE, template_fills=[CLASS, REQUEST, ACCESS]),
    "template-with-class": PodRow(
        waiting(template(storageClassName="own", **SIZE, **MODES)), template={**TEMPLATE, "storageClassName": "own"}
    ),
}
