"""A folder whose files all change at one moment, as a kubelet writes ConfigMaps, Secrets and tokens.

The files lie in a folder of their own, `..data` is a link to that, and each name a person sees is a link through
`..data`: to replace the one link replaces everything. Kubernetes' own: pkg/volume/util/atomic_writer.go.
"""

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_DATA: Final = "..data"
_NEW_DATA: Final = "..data_tmp"


@dataclass(frozen=True, slots=True)
class File:
    """What a file holds, its mode bits, and its owner and group."""

    content: bytes
    mode: int
    uid: int = 0
    gid: int = 0


Payload = Mapping[str, File]
"""Files by their paths, relative to the volume."""


@dataclass
class PayloadFolder:
    """The folder `path`, and what was written there last."""

    path: Path
    _written: Payload | None = field(default=None, init=False)

    def write(self, payload: Payload) -> None:
        """Make these files the folder's, all at once; nothing happens where they are that already."""
        if payload == self._written:
            return
        self.path.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o755)
        before = self._current()
        fresh = Path(tempfile.mkdtemp(prefix="..", dir=self.path))
        fresh.chmod(0o755)
        for name, file in payload.items():
            _write_file(fresh / name, file)
        self._point_to(fresh.name)
        self._link_names({name.split("/")[0] for name in payload})
        if before is not None:
            shutil.rmtree(before)
        self._written = payload

    def _current(self) -> Path | None:
        link = self.path / _DATA
        return self.path / link.readlink() if link.is_symlink() else None

    def _point_to(self, name: str) -> None:
        new = self.path / _NEW_DATA
        new.unlink(missing_ok=True)
        new.symlink_to(name)
        new.rename(self.path / _DATA)

    def _link_names(self, names: set[str]) -> None:
        present = {entry.name for entry in self.path.iterdir() if not entry.name.startswith("..")}
        for name in present - names:
            (self.path / name).unlink()
        for name in names - present:
            (self.path / name).symlink_to(f"{_DATA}/{name}")


def _write_file(path: Path, file: File) -> None:
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    path.write_bytes(file.content)
    path.chmod(file.mode)
    os.chown(path, file.uid, file.gid)
