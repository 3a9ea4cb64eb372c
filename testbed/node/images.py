"""Container images for the node, written by hand: there is no registry to pull from, and nothing to build with."""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from testbed.commands import run

# What test Pods run: busybox, with all its applets in /bin.
BUSYBOX_IMAGE: Final = "localhost/bb:1"
# What holds a Pod together while its containers come and go; containerd runs it in every Pod.
PAUSE_IMAGE: Final = "localhost/pause:1"

_FOLDERS: Final = ("bin", "etc", "data", "proc", "sys", "dev", "tmp")
_WAIT_FOR_A_SIGNAL: Final = "trap 'exit 0' TERM INT; while :; do sleep 3600 & wait; done"


def write_images(archive: Path, busybox: Path) -> None:
    """Write both images into one archive that `ctr images import` reads."""
    applets = [name for name in run([busybox, "--list"]).split() if name != "busybox"]
    path = {"Env": ["PATH=/bin"]}
    configs = {
        BUSYBOX_IMAGE: {**path, "Cmd": ["/bin/sh"]},
        PAUSE_IMAGE: {**path, "Entrypoint": ["/bin/sh", "-c", _WAIT_FOR_A_SIGNAL]},
    }
    write_archive(archive, _layer(busybox.read_bytes(), applets), configs)


def write_archive(path: Path, layer: bytes, configs: Mapping[str, dict[str, Any]]) -> None:
    """Write images of one layer, a tar archive, as `docker save` does; `configs` has each one's by its name."""
    layer_digest = hashlib.sha256(layer).hexdigest()
    rootfs = {"type": "layers", "diff_ids": [f"sha256:{layer_digest}"]}
    layer_name = f"{layer_digest}/layer.tar"
    manifest = []
    with tarfile.open(path, "w") as archive:
        _add(archive, layer_name, layer)
        for name, config in configs.items():
            image = {"architecture": "amd64", "os": "linux", "config": config, "rootfs": rootfs}
            content = json.dumps(image).encode()
            image_name = f"{hashlib.sha256(content).hexdigest()}.json"
            _add(archive, image_name, content)
            manifest.append({"Config": image_name, "RepoTags": [name], "Layers": [layer_name]})
        _add(archive, "manifest.json", json.dumps(manifest).encode())


def _layer(busybox: bytes, applets: Sequence[str]) -> bytes:
    """A file system of one program under many names, as a tar archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for folder in _FOLDERS:
            _add(archive, folder, type=tarfile.DIRTYPE, mode=0o1777 if folder == "tmp" else 0o755)
        _add(archive, "bin/busybox", busybox, mode=0o755)
        for applet in applets:
            _add(archive, f"bin/{applet}", type=tarfile.SYMTYPE, linkname="busybox")
        _add(archive, "etc/passwd", b"root:x:0:0::/:/bin/sh\n")
        _add(archive, "etc/group", b"root:x:0:\n")
    return buffer.getvalue()


def _add(archive: tarfile.TarFile, name: str, content: bytes = b"", **fields: Any) -> None:
    member = tarfile.TarInfo(name)
    member.mode = 0o644
    for field, value in fields.items():
        setattr(member, field, value)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))
