"""Running the image's containers with runc, as tightly as the chart has its Pods run."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from policy.shapes import Json
from testbed.image.image import BuiltImage
from testbed.image.tools import ImageTools
from testbed.supervision.client import Program

# A layer of memory over the image's files takes the mount points; the files stay as they are. $1 is the bundle.
_OVERLAY: Final = """
mount -t tmpfs tmpfs "$1/layer" && mkdir "$1/layer/upper" "$1/layer/work"
mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/layer/upper,workdir=$1/layer/work" "$1/rootfs"
exec runc --root "$1/state" run --bundle "$1" "$3"
"""
_NAMESPACES: Final = ("pid", "ipc", "uts", "mount")
_IN_MEMORY: Final = ("nosuid", "nodev", "mode=1777")


@dataclass(frozen=True, slots=True)
class Container:
    """A container of an image: read-only, without capabilities, without new privileges, on the machine's network.

    `folder` is an empty one of its own. `entrypoint` is another than the image's. `binds` are files and folders of the
    machine by where the container sees them, all of them read-only.
    """

    image: BuiltImage
    folder: Path
    arguments: Sequence[str]
    entrypoint: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    binds: Mapping[str, Path] = field(default_factory=dict)

    def program(self, tools: ImageTools) -> Program:
        """What a supervisor starts; its output is in `log`. It ends with its supervisor."""
        for name in ("layer", "rootfs", "state"):
            (self.folder / name).mkdir()
        (self.folder / "config.json").write_text(json.dumps(self._configuration()))
        name = f"nfs-steward-{self.folder.name}-{os.getpid()}"
        argv = tools.command(["sh", "-euc", _OVERLAY, "sh", self.folder, self.image.root, name])
        return Program(name, [str(part) for part in argv], self.log)

    @property
    def log(self) -> Path:
        """What it has said on standard output and standard error."""
        return self.folder / "log"

    def _configuration(self) -> Json:
        # https://github.com/opencontainers/runtime-spec/blob/main/config.md
        return {
            "ociVersion": "1.0.2",
            "process": self._process(),
            "root": {"path": "rootfs", "readonly": True},
            "mounts": [*_kernel_mounts(), *(_bind(source, target) for target, source in self.binds.items())],
            "linux": {"namespaces": [{"type": name} for name in _NAMESPACES]},
        }

    def _process(self) -> Json:
        config = self.image.config
        uid, gid = map(int, config["User"].split(":"))
        none: dict[str, list[str]] = {
            name: [] for name in ("bounding", "effective", "inheritable", "permitted", "ambient")
        }
        return {
            "user": {"uid": uid, "gid": gid},
            "args": [*(self.entrypoint or config["Entrypoint"]), *self.arguments],
            "env": [*config["Env"], *(f"{name}={value}" for name, value in self.env.items())],
            "cwd": "/",
            "capabilities": none,
            "noNewPrivileges": True,
        }


def _kernel_mounts() -> list[Json]:
    return [
        {"type": "proc", "source": "proc", "destination": "/proc"},
        {"type": "tmpfs", "source": "tmpfs", "destination": "/dev", "options": ["nosuid", "mode=755"]},
        {"type": "tmpfs", "source": "tmpfs", "destination": "/dev/shm", "options": _IN_MEMORY},
        {"type": "tmpfs", "source": "tmpfs", "destination": "/tmp", "options": _IN_MEMORY},
    ]


def _bind(source: Path, target: str) -> Json:
    return {"type": "bind", "source": str(source), "destination": target, "options": ["rbind", "ro"]}
