"""The store of image layers that buildah keeps: what a Dockerfile's unchanged steps made is taken from there."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from testbed.cache import cache_root, locked
from testbed.errors import CommandFailed
from testbed.image.pip_secrets import pip_secrets
from testbed.image.tools import ImageTools

_BASE: Final = "localhost/debian:trixie-slim"
# A build leaves some ten, of which a few are not empty and those a few megabytes each; the first ones are large.
_MOST_LAYERS: Final = 1000


@dataclass(frozen=True, slots=True)
class ImageStore:
    """Layers in `folder`. One process at a time works with them: see `open_store`."""

    tools: ImageTools
    folder: Path

    def import_base(self, archive: Path) -> None:
        """Have the base image made of the files in `archive`, unless it is there."""
        try:
            self._buildah("inspect", "--type=image", _BASE)
        except CommandFailed:
            container = self._buildah("from", "scratch").strip()
            self._buildah("add", "--quiet", container, archive, "/")
            self._buildah("commit", "--quiet", "--rm", container, _BASE)

    def build(self, context: Path, name: str, version: str, target: str = "") -> None:
        """Build the Dockerfile in `context` and call the result `name`."""
        with tempfile.TemporaryDirectory() as secrets:
            options = ["--isolation=chroot", "--layers", "--pull-never", f"--build-arg=BASE={_BASE}"]
            options += [f"--build-arg=VERSION={version}", *([f"--target={target}"] if target else [])]
            self._buildah("bud", *options, *pip_secrets(Path(secrets)), "--tag", name, context, timeout=1800)

    def save(self, name: str, archive: Path) -> None:
        """Write an image into a file, as `docker save` does."""
        self._buildah("push", "--quiet", name, f"docker-archive:{archive}:{name}", timeout=300)

    def clear_away(self) -> None:
        """Remove what builds that were killed left behind, and everything where it has become too much."""
        if sum(1 for _ in self.folder.glob("layers/overlay/*")) > _MOST_LAYERS:
            shutil.rmtree(self.folder / "layers")
        self._buildah("rm", "--all")

    def _buildah(self, command: str, *arguments: str | Path, timeout: float = 120.0) -> str:
        # The run root tells of mounts: they are gone with the command, so it must be, too.
        with tempfile.TemporaryDirectory(dir=self.folder) as run_root:
            where = [f"--root={self.folder}/layers", f"--runroot={run_root}", "--storage-driver=overlay"]
            return self.tools.run(["buildah", *where, command, *arguments], timeout=timeout)


@contextmanager
def open_store(tools: ImageTools, key: str) -> Iterator[ImageStore]:
    """The store that `key` names, for this process alone until the block ends."""
    folder = cache_root() / key / "image-store"
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / "lock"):
        store = ImageStore(tools, folder)
        store.clear_away()
        yield store
