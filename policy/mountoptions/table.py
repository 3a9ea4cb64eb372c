"""The mount options that there are for NFS, each with its value, its conflict key, and who may set it.

The set is that of nfs(5), as of nfs-utils 2.6 with what later ones added, and of mount(8)'s options that every file
system takes. Of options with one key only one can hold: `hard` and `soft`, `vers` and `nfsvers`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from policy.mountoptions import values
from policy.mountoptions.values import ValueCheck


@dataclass(frozen=True, slots=True)
class OptionSpec:
    """What is known of one spelling of an option.

    `name` is the one spelling that stands for its synonyms; lists of allowed options are compared by it.
    `not_in_policies`: why no policy may set it; `not_by_claims`: why a claim may never ask for it. Empty: it may.
    """

    name: str
    key: str
    check: ValueCheck
    not_in_policies: str = ""
    not_by_claims: str = ""


_SECONDS = values.number(0, 2**31 - 1)
_TRANSFER_SIZE = values.number(1024, 1024 * 1024, step=1024)
_PORT = values.number(0, 65535)
_CONNECTIONS = values.number(1, 16)

_ASKABLE: Final = (
    # name, conflict key, value
    ("nfsvers", "vers", values.choice("3", "4", "4.0", "4.1", "4.2")),
    ("hard", "hard", values.flag),
    ("soft", "hard", values.flag),
    ("softerr", "hard", values.flag),
    ("softreval", "softreval", values.flag),
    ("nosoftreval", "softreval", values.flag),
    ("intr", "intr", values.flag),
    ("nointr", "intr", values.flag),
    ("timeo", "timeo", values.number(1, 2**31 - 1)),
    ("retrans", "retrans", values.number(0, 2**31 - 1)),
    ("rsize", "rsize", _TRANSFER_SIZE),
    ("wsize", "wsize", _TRANSFER_SIZE),
    ("ac", "ac", values.flag),
    ("noac", "ac", values.flag),
    ("acregmin", "acregmin", _SECONDS),
    ("acregmax", "acregmax", _SECONDS),
    ("acdirmin", "acdirmin", _SECONDS),
    ("acdirmax", "acdirmax", _SECONDS),
    ("actimeo", "actimeo", _SECONDS),
    ("nconnect", "nconnect", _CONNECTIONS),
    ("max_connect", "max_connect", _CONNECTIONS),
    ("rdirplus", "rdirplus", values.optional(values.choice("none", "force"))),
    ("nordirplus", "rdirplus", values.flag),
    ("retry", "retry", values.number(0, 2**31 - 1)),
    ("sec", "sec", values.choices("none", "sys", "krb5", "krb5i", "krb5p")),
    ("xprtsec", "xprtsec", values.choice("none", "tls", "mtls")),
    ("sharecache", "sharecache", values.flag),
    ("nosharecache", "sharecache", values.flag),
    ("resvport", "resvport", values.flag),
    ("noresvport", "resvport", values.flag),
    ("lookupcache", "lookupcache", values.choice("all", "none", "pos", "positive")),
    ("fsc", "fsc", values.flag),
    ("nofsc", "fsc", values.flag),
    ("sloppy", "sloppy", values.flag),
    ("write", "write", values.choice("lazy", "eager", "wait")),
    ("proto", "proto", values.choice("tcp", "tcp6", "udp", "udp6", "rdma", "rdma6")),
    ("namlen", "namlen", values.number(1, 255)),
    ("lock", "lock", values.flag),
    ("nolock", "lock", values.flag),
    ("local_lock", "local_lock", values.choice("all", "flock", "posix", "none")),
    ("cto", "cto", values.flag),
    ("nocto", "cto", values.flag),
    ("acl", "acl", values.flag),
    ("noacl", "acl", values.flag),
    ("migration", "migration", values.flag),
    ("nomigration", "migration", values.flag),
    ("trunkdiscovery", "trunkdiscovery", values.flag),
    ("notrunkdiscovery", "trunkdiscovery", values.flag),
    ("alignwrite", "alignwrite", values.flag),
    ("noalignwrite", "alignwrite", values.flag),
    ("ro", "ro", values.flag),
    ("rw", "ro", values.flag),
    ("sync", "sync", values.flag),
    ("async", "sync", values.flag),
    ("dirsync", "dirsync", values.flag),
    ("atime", "atime", values.flag),
    ("noatime", "atime", values.flag),
    ("relatime", "atime", values.flag),
    ("norelatime", "atime", values.flag),
    ("strictatime", "atime", values.flag),
    ("nostrictatime", "atime", values.flag),
    ("diratime", "diratime", values.flag),
    ("nodiratime", "diratime", values.flag),
    ("lazytime", "lazytime", values.flag),
    ("nolazytime", "lazytime", values.flag),
    ("nosuid", "suid", values.flag),
    ("nodev", "dev", values.flag),
    ("noexec", "exec", values.flag),
    ("nosymfollow", "symfollow", values.flag),
    ("iversion", "iversion", values.flag),
    ("noiversion", "iversion", values.flag),
    ("mand", "mand", values.flag),
    ("nomand", "mand", values.flag),
    ("silent", "silent", values.flag),
    ("loud", "silent", values.flag),
)

_SYNONYMS: Final = (
    # spelling, what it stands for, value
    ("vers", "nfsvers", values.choice("3", "4", "4.0", "4.1", "4.2")),
    ("v3", "nfsvers", values.flag),
    ("v4", "nfsvers", values.flag),
    ("v4.0", "nfsvers", values.flag),
    ("v4.1", "nfsvers", values.flag),
    ("v4.2", "nfsvers", values.flag),
    ("tcp", "proto", values.flag),
    ("udp", "proto", values.flag),
    ("rdma", "proto", values.flag),
)

_PRIVILEGE = "may never be asked for by a claim: it would undo what protects the node"
_REDIRECTION = "may never be asked for by a claim: it would lead the mount to another service"
_LABELLING = "may never be asked for by a claim: SELinux labels are the administrator's"

_NEVER_BY_CLAIMS: Final = (
    # name, conflict key, value, reason
    ("suid", "suid", values.flag, _PRIVILEGE),
    ("dev", "dev", values.flag, _PRIVILEGE),
    ("exec", "exec", values.flag, _PRIVILEGE),
    ("symfollow", "symfollow", values.flag, _PRIVILEGE),
    ("port", "port", _PORT, _REDIRECTION),
    ("mountport", "mountport", _PORT, _REDIRECTION),
    ("mounthost", "mounthost", values.host, _REDIRECTION),
    ("mountproto", "mountproto", values.choice("tcp", "tcp6", "udp", "udp6"), _REDIRECTION),
    ("mountvers", "mountvers", values.number(1, 3), _REDIRECTION),
    ("context", "context", values.selinux_context, _LABELLING),
    ("fscontext", "fscontext", values.selinux_context, _LABELLING),
    ("defcontext", "defcontext", values.selinux_context, _LABELLING),
    ("rootcontext", "rootcontext", values.selinux_context, _LABELLING),
)

_NODES = "is the node's own to decide: mount(8) finds it out for each mount"
_RETRIES = "is no choice here: the kubelet waits for a mount and retries it by itself"
_FSTAB = "is for /etc/fstab; a kubelet passes options to a mount that it has decided on"
_OTHER_MOUNTS = "asks for another kind of mount than the one the kubelet makes"

_NOT_IN_POLICIES: Final[Mapping[str, str]] = {
    "addr": _NODES,
    "mountaddr": _NODES,
    "clientaddr": _NODES,
    "source": _NODES,
    "bg": _RETRIES,
    "fg": _RETRIES,
    "remount": _OTHER_MOUNTS,
    "bind": _OTHER_MOUNTS,
    "rbind": _OTHER_MOUNTS,
    "move": _OTHER_MOUNTS,
    "auto": _FSTAB,
    "noauto": _FSTAB,
    "nofail": _FSTAB,
    "_netdev": _FSTAB,
    "user": _FSTAB,
    "nouser": _FSTAB,
    "users": _FSTAB,
    "owner": _FSTAB,
    "group": _FSTAB,
    "defaults": "stands for rw, suid, dev, exec and async: name those that are wanted",
    "minorversion": "belongs into nfsvers, such as nfsvers=4.1",
    "v2": "is gone from Linux: NFS 3 is the oldest",
}


def _table() -> dict[str, OptionSpec]:
    table = {name: OptionSpec(name, key, check) for name, key, check in _ASKABLE}
    for name, key, check, reason in _NEVER_BY_CLAIMS:
        table[name] = OptionSpec(name, key, check, not_by_claims=reason)
    for spelling, name, check in _SYNONYMS:
        table[spelling] = OptionSpec(name, table[name].key, check)
    for name, reason in _NOT_IN_POLICIES.items():
        table[name] = OptionSpec(name, name, values.anything, not_in_policies=reason, not_by_claims=reason)
    return table


OPTIONS: Final[Mapping[str, OptionSpec]] = MappingProxyType(_table())
"""Every spelling that is known."""
