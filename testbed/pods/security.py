"""From a Pod's and a container's `securityContext` to what the container may do.

https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
"""

from collections.abc import Mapping
from typing import Any, Final

from policy.shapes import Json, mapping, sequence
from testbed.pods.capabilities import Capability
from testbed.pods.errors import ContainerInvalid
from testbed.pods.images import Image
from testbed.pods.sandbox import Privileges

# What container runtimes give to a container that asks for nothing: containerd's `defaultUnixCaps`.
USUAL_CAPABILITIES: Final = frozenset(
    {
        Capability.CHOWN.name,
        Capability.DAC_OVERRIDE.name,
        Capability.FSETID.name,
        Capability.FOWNER.name,
        Capability.MKNOD.name,
        Capability.NET_RAW.name,
        Capability.SETGID.name,
        Capability.SETUID.name,
        Capability.SETFCAP.name,
        Capability.SETPCAP.name,
        Capability.NET_BIND_SERVICE.name,
        Capability.SYS_CHROOT.name,
        Capability.KILL.name,
        Capability.AUDIT_WRITE.name,
    }
)

# On an NFS mount the server decides what may be done, by the user alone, and its root may do this. Here an export is a
# folder, of which this machine's kernel asks more. https://www.rfc-editor.org/rfc/rfc8881#section-5.9
SERVERS_ROOT: Final = frozenset(
    {Capability.CHOWN.name, Capability.DAC_OVERRIDE.name, Capability.FOWNER.name, Capability.FSETID.name}
)
_EXPORTED: Final = frozenset({"nfs", "persistentVolumeClaim", "ephemeral"})


def privileges_of(pod: Json, container: Json, image: Image) -> Privileges:
    """Whom the container runs as and what it may do. Raises `ContainerInvalid` for a root that may not be root."""
    for_pod = mapping(pod, "spec", "securityContext")
    own = mapping(container, "securityContext")
    asked = {**for_pod, **own}
    uid = int(_either(asked, "runAsUser", image.uid))
    if asked.get("runAsNonRoot") and uid == 0:
        raise ContainerInvalid("container has runAsNonRoot and image will run as root")
    groups = [int(group) for group in (*sequence(for_pod, "supplementalGroups"), *_given(for_pod, "fsGroup"))]
    return Privileges(
        uid=uid,
        gid=int(_either(asked, "runAsGroup", image.gid if uid == image.uid else 0)),
        groups=tuple(dict.fromkeys(groups)),
        capabilities=_capabilities(mapping(own, "capabilities")) | _from_server(uid, pod, container),
        no_new_privileges=own.get("allowPrivilegeEscalation") is False,
    )


def has_read_only_root(container: Json) -> bool:
    """Whether a container must not write but to its volumes."""
    return bool(mapping(container, "securityContext").get("readOnlyRootFilesystem"))


def _capabilities(asked: Mapping[str, Any]) -> frozenset[str]:
    dropped, added = frozenset(asked.get("drop") or ()), frozenset(asked.get("add") or ())
    kept = frozenset() if "ALL" in dropped else USUAL_CAPABILITIES - dropped
    return kept | added


def _from_server(uid: int, pod: Json, container: Json) -> frozenset[str]:
    exported = {volume["name"] for volume in sequence(pod, "spec", "volumes") if _EXPORTED & set(volume)}
    mounts = {mount["name"] for mount in sequence(container, "volumeMounts")}
    return SERVERS_ROOT if uid == 0 and exported & mounts else frozenset()


def _either(asked: Mapping[str, Any], name: str, otherwise: int) -> Any:
    value = asked.get(name)
    return otherwise if value is None else value


def _given(asked: Mapping[str, Any], name: str) -> list[Any]:
    value = asked.get(name)
    return [] if value is None else [value]
