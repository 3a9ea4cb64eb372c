"""Generated claims, volumes and Pods: mostly such as people write, with what could lead us astray among them."""

from typing import Any

from hypothesis import strategies as st

from policy import keys
from policy.shapes import Json

from .installation import INERT, STANDARD
from .objects import claim, nfs, pod, volume

ABSENT = object()
"""Stands for a field that is left out."""


def _fields(**choices: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    """Objects with these fields, less those that come out ABSENT."""
    return st.fixed_dictionaries(choices).map(
        lambda drawn: {name: value for name, value in drawn.items() if value is not ABSENT}
    )


def _one_of(*values: object) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


_TEXT = st.text(max_size=20)
_REQUESTS = _one_of("rsize=65536", "noatime,hard", "suid", "rsize=x", "", ",", "nconnect=9") | _TEXT

_ANNOTATIONS = _fields(
    **{
        keys.MOUNT_OPTIONS: st.just(ABSENT) | _REQUESTS,
        keys.EFFECTIVE_MOUNT_OPTIONS: _one_of(ABSENT, ABSENT, "hard,noatime", "my own note", "rsize=1"),
        keys.LEGACY_CLASS_ANNOTATION: _one_of(*[ABSENT] * 9, "old"),
        keys.FILLED: _one_of(*[ABSENT] * 9, "spec.storageClassName"),
        "example.com/own": st.just(ABSENT) | _TEXT,
    }
)

_LABELS = _one_of(
    {}, {}, {"app": "a"}, {keys.INJECT: keys.INJECT_DISABLED}, {keys.INJECT: "yes"}, {keys.INLINE: "false"}
)

_META = _fields(labels=_LABELS, annotations=_ANNOTATIONS)

# Most are good, or hardly any claim would be; a list's length is what weighs it.
_SIZES = ("1Gi", "0.5Ti", "100M", "1e3", 5, "1.5Gi") * 5 + ("0", "-1", "1GB", "")
_RESOURCES = [{"requests": {"storage": size}} for size in _SIZES] + [ABSENT, {}, {"limits": {"storage": "2Gi"}}]
_MODES = [["ReadWriteMany"], ["ReadWriteOnce", "ReadOnlyMany"], ["ReadWriteOncePod"]] * 5
_BAD_MODES = [ABSENT, [], ["ReadWriteMany", "ReadWriteOncePod"]]

_CLAIM_SPEC = _fields(
    storageClassName=_one_of(*[ABSENT] * 6, None, "", STANDARD, INERT, "inert-gold", "ghost", "Not A Name"),
    accessModes=_one_of(*_MODES, *_BAD_MODES),
    resources=_one_of(*_RESOURCES),
    volumeMode=_one_of(ABSENT, ABSENT, "Filesystem", "Block"),
    selector=_one_of(ABSENT, ABSENT, ABSENT, {"matchLabels": {"a": "b"}}, {}),
    dataSource=_one_of(ABSENT, ABSENT, ABSENT, {"kind": "PersistentVolumeClaim", "name": "other"}),
    volumeName=_one_of(ABSENT, ABSENT, ABSENT, "no-such-volume"),
)

CLAIMS = st.builds(lambda spec, meta: claim("generated", meta=meta, **spec), _CLAIM_SPEC, _META)

_PATHS = _one_of("x", "x/y", "", "/", "x/../y", "..", "~/x", "x" * 300, "${namespace}")
_SERVERS = _one_of("10.0.2.2", "DEAD.test.", "192.0.2.1", "fd00::7", "[fd00::7]", "nfs.test")
_NFS = st.builds(nfs, _PATHS, _one_of("/nfs/dead", "/nfs/data", "/nfs", "/nfs/dead2", ""), _SERVERS)

_ATTRIBUTES = st.dictionaries(
    _one_of("server", "Server", "share", "subDir", "mountOptions", "subdir"), _SERVERS | _PATHS, max_size=4
)
_DRIVERS = _one_of(keys.NFS_CSI_DRIVER, keys.NFS_CSI_DRIVER, "example.com")


def _csi(driver: str, attributes: Json, **more: str) -> Json:
    return {"csi": {"driver": driver, "volumeAttributes": attributes, **more}}


_SOURCES = (
    _NFS
    | st.builds(lambda driver, attributes: _csi(driver, attributes, volumeHandle="x"), _DRIVERS, _ATTRIBUTES)
    | st.just({"hostPath": {"path": "/nonexistent"}})
)

_VOLUME_SPEC = _fields(
    mountOptions=_one_of(ABSENT, ABSENT, [], ["hard"], ["nfsvers=4.1", "soft"], ["a b"]),
    storageClassName=_one_of(ABSENT, "", "ghost", INERT),
    volumeMode=_one_of(ABSENT, "Filesystem", "Block"),
)

VOLUMES = st.builds(
    lambda source, spec, meta, name: volume("generated", source, reserved_for=("TEAM", name), meta=meta, **spec),
    _SOURCES,
    _VOLUME_SPEC,
    _META,
    _one_of("later", "asking"),
)

_TEMPLATES = st.builds(
    lambda spec, meta: {"ephemeral": {"volumeClaimTemplate": {"metadata": meta, "spec": spec}}}, _CLAIM_SPEC, _META
)

_INLINE = st.one_of(
    _NFS,
    _NFS,
    st.builds(_csi, _DRIVERS, _ATTRIBUTES),
    _TEMPLATES,
    _one_of({"emptyDir": {}}, {"configMap": {"name": "a"}}, {"persistentVolumeClaim": {"claimName": "a"}}),
)

_POD_SPEC = _fields(
    schedulingGates=_one_of(ABSENT, ABSENT, [], [{"name": "own/gate"}], [{"name": keys.DIRECTORY_GATE}]),
    nodeName=_one_of(ABSENT, ABSENT, ABSENT, "somewhere"),
    hostNetwork=_one_of(ABSENT, True),
    tolerations=_one_of(ABSENT, [{"operator": "Exists"}]),
)

PODS = st.builds(
    # A token's volume would get a name by chance.
    lambda volumes, spec, meta: pod("generated", None, *volumes, meta=meta, automountServiceAccountToken=False, **spec),
    st.lists(_INLINE, max_size=3),
    _POD_SPEC,
    _META,
)
