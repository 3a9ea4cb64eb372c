"""NFS volumes of Pods, without a mount: an export of this testbed is a folder of this machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from testbed.pods.errors import VolumeUnready

# mount(8)'s and the kubelet's words, on one line.
_FAILED: Final = "mount failed: exit status 32 Output: mount.nfs: "


@dataclass(frozen=True, slots=True)
class NfsServers:
    """Which folder of this machine each export is: by server and path."""

    exports: Mapping[tuple[str, str], Path]

    def folder(self, server: str, path: str) -> Path:
        """The folder that a mount of `server:path` shows. Raises `VolumeUnready`, in the words of mount(8), where the
        server is not one of ours, which is as good as dead, and where the directory is not there.
        """
        known = [export for export in self.exports if export[0] == server]
        if not known:
            raise VolumeUnready(f"{_FAILED}Connection timed out for {server}:{path}")
        for export in known:
            wanted = PurePosixPath(path)
            if wanted.is_relative_to(export[1]) and ".." not in wanted.parts:
                root = self.exports[export].resolve()
                found = (root / wanted.relative_to(export[1])).resolve()
                if found.is_relative_to(root) and found.is_dir():
                    return found
        reason = "failed, reason given by server: No such file or directory"
        raise VolumeUnready(f"{_FAILED}mounting {server}:{path} {reason}")
