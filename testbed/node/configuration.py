"""The configuration files of the node's programs, by their path below the guest's /etc."""

import json
from textwrap import dedent
from typing import Any, Final

from testbed.control_plane import HOST_IN_GUEST
from testbed.node.images import PAUSE_IMAGE

POD_NETWORK: Final = "10.244.0.0/24"
CONTAINERD_SOCKET: Final = "/run/containerd/containerd.sock"


def configuration_files(nfs_port: int | None) -> dict[str, str]:
    """Everything that goes into /etc for containerd, the kubelet and mount.nfs.

    `nfs_port` is the port that a mount of the export uses where nobody says one: an inline `nfs:` volume cannot.
    """
    files = {
        "containerd/config.toml": _containerd(),
        "cni/net.d/10-pods.conflist": json.dumps(_pod_network()),
        "kubernetes/kubelet.json": json.dumps(_kubelet()),
    }
    if nfs_port is not None:
        files["nfsmount.conf"] = f'[ Server "{HOST_IN_GUEST}" ]\nPort={nfs_port}\nNfsvers=4.1\n'
    return files


def _containerd() -> str:
    cri = 'plugins."io.containerd.grpc.v1.cri"'
    return dedent(f"""\
        version = 2
        [{cri}]
          sandbox_image = "{PAUSE_IMAGE}"
          disable_apparmor = true
          [{cri}.cni]
            bin_dir = "/usr/lib/cni"
            conf_dir = "/etc/cni/net.d"
          [{cri}.containerd]
            snapshotter = "overlayfs"
            default_runtime_name = "runc"
          [{cri}.containerd.runtimes.runc]
            runtime_type = "io.containerd.runc.v2"
        """)


def _pod_network() -> dict[str, Any]:
    """An address for each Pod, and a route between Pod and node; nothing beyond the node answers to it."""
    addresses = {"type": "host-local", "ranges": [[{"subnet": POD_NETWORK}]], "routes": [{"dst": "0.0.0.0/0"}]}
    return {"cniVersion": "0.4.0", "name": "pods", "plugins": [{"type": "ptp", "ipMasq": False, "ipam": addresses}]}


def _kubelet() -> dict[str, Any]:
    nothing_left = "0%"
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        # Nothing outside the guest reaches its server.
        "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
        "authorization": {"mode": "AlwaysAllow"},
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "cgroupDriver": "cgroupfs",
        # The guest's kernel has no cpuset controller, no swap accounting and no iptables.
        "enforceNodeAllocatable": [],
        "failSwapOn": False,
        "makeIPTablesUtilChains": False,
        "localStorageCapacityIsolation": False,
        "evictionHard": {
            "memory.available": nothing_left,
            "nodefs.available": nothing_left,
            "nodefs.inodesFree": nothing_left,
            "imagefs.available": nothing_left,
            "imagefs.inodesFree": nothing_left,
        },
        "imageGCHighThresholdPercent": 100,
        "resolvConf": "",
        # Nobody answers there. Without an address the kubelet warns about every Pod that it has none.
        "clusterDNS": [HOST_IN_GUEST],
        "maxPods": 250,
        "registryPullQPS": 0,
        "eventRecordQPS": 0,
    }
