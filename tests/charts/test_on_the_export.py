"""What an export's controller may do on a real NFS mount, with the volume and the rights that the chart gives it."""

import pytest

from testbed.export import NfsExport
from testbed.node.images import BUSYBOX_IMAGE

DIRECTORY = "given-away"
UID, GID, MODE = 1234, 5678, 0o2770


@pytest.fixture
def on_the_export(kubectl, node, export: NfsExport, namespace, render, eventually):
    """Runs a command where the controller's Pod would have the export mounted, as whom it would be."""

    def on_the_export(command: str, **values: object) -> str:
        exports = [{"server": export.server, "path": export.path, "mountOptions": list(export.mount_options)}]
        rendered = render(namespace=namespace, release=namespace, exports=exports, **values)
        kubectl.create(
            *(obj for (kind, _), obj in rendered.items() if kind in {"PersistentVolume", "PersistentVolumeClaim"})
        )
        (deployment,) = [obj for (kind, name), obj in rendered.items() if kind == "Deployment" and "-export-" in name]
        kubectl.create(pod_like(deployment["spec"]["template"]["spec"], namespace, command))
        kubectl(
            "wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/a", f"--namespace={namespace}", "--timeout=120s"
        )
        return node.pod_log(namespace, "a", "controller")

    return on_the_export


def pod_like(spec, namespace: str, command: str):
    """A Pod with an image that has a shell, and else what matters on an export as it is rendered."""
    (container,) = spec["containers"]
    mounts = [mount for mount in container["volumeMounts"] if mount["name"] == "export"]
    container = {
        "name": container["name"],
        "image": BUSYBOX_IMAGE,
        "imagePullPolicy": "Never",
        "command": ["sh", "-e", "-c", f"cd {mounts[0]['mountPath']}\n{command}"],
        "securityContext": container["securityContext"],
        "volumeMounts": mounts,
    }
    volumes = [volume for volume in spec["volumes"] if volume["name"] == "export"]
    rest = {"restartPolicy": "Never", "securityContext": spec["securityContext"]}
    metadata = {"name": "a", "namespace": namespace}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {**rest, "containers": [container], "volumes": volumes},
    }


def test_root_without_any_capability_gives_directories_away(on_the_export, export_root):
    told = on_the_export(
        f"""
        grep CapEff /proc/self/status
        mkdir {DIRECTORY}
        chown {UID}:{GID} {DIRECTORY}
        chmod {MODE:o} {DIRECTORY}
        mkdir {DIRECTORY}/below
        """
    )
    assert int(told.split()[1], 16) == 0
    made = (export_root / DIRECTORY).stat()
    assert (made.st_uid, made.st_gid, made.st_mode & 0o7777) == (UID, GID, MODE)
    assert (export_root / DIRECTORY / "below").is_dir()


def test_the_export_is_mounted_with_its_own_options(on_the_export, export):
    told = on_the_export("grep ' nfs4 ' /proc/mounts")
    assert f"port={export.port}" in told
    assert "vers=4.1" in told
