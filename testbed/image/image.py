"""The image as files: what its containers see as `/`, and an archive to import."""

import os
import shutil
import tempfile
import time
import tomllib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from testbed.cache import cache_key, cache_root, cached
from testbed.errors import CommandFailed, PartUnavailable
from testbed.image.base import obtain_base
from testbed.image.context import CHECKOUT, copy_context
from testbed.image.layers import Layer, read_config, read_layers, unpack_layers
from testbed.image.store import open_store
from testbed.image.tools import ImageTools, obtain_tools
from testbed.progress import Progress

_NAME: Final = "image"
_ARCHIVE: Final = "image.tar"
_ROOT: Final = "root"
_KEPT_FOR: Final = 24 * 60 * 60.0  # seconds


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """An image in the cache, which others use at the same time: nobody may change its files.

    `root` is a folder with what its containers see as `/`. `archive` is a file as `docker save` writes it, for
    `ctr images import` and the like, in which the image is called `name`.
    """

    name: str
    root: Path
    archive: Path

    def read_layers(self) -> tuple[Layer, ...]:
        """Its layers, lowest first. Takes some seconds: each is compressed to see what that comes to."""
        return read_layers(self.archive)

    @property
    def config(self) -> dict[str, Any]:
        """Entrypoint, Env, User and Labels, by these names."""
        return read_config(self.archive)


@dataclass(frozen=True, slots=True)
class _Order:
    """What to build: the Dockerfile in `context`, up to `target` or to its end, from `base`."""

    tools: ImageTools
    base: Path
    context: Path
    name: str
    version: str
    target: str

    def fill(self, folder: Path, progress: Progress) -> None:
        """Build the image and leave it in `folder`; raises `PartUnavailable`."""
        store_key = cache_key(str(self.tools.packages.root), str(self.base))
        title = f"building the image {self.name}"
        try:
            with progress.step(title, "2 minutes the first time"), open_store(self.tools, store_key) as store:
                store.import_base(self.base)
                store.build(self.context, self.name, self.version, self.target)
                store.save(self.name, folder / _ARCHIVE)
            unpack_layers(folder / _ARCHIVE, folder / _ROOT)
        except CommandFailed as problem:
            raise PartUnavailable("image", str(problem), "docs/image.md tells what building it needs") from problem


def obtain_image(progress: Progress, target: str = "", checkout: Path = CHECKOUT) -> BuiltImage:
    """The image of the checkout as it is now, built unless the cache has one of the same files.

    `target` is one of the Dockerfile's; without it, its last. Raises `PartUnavailable` with the reason and a way out
    where this machine cannot build it.
    """
    tools = obtain_tools(progress)
    base = obtain_base(tools, progress)
    with tempfile.TemporaryDirectory() as context:
        content = copy_context(Path(context), checkout)
        version = _version(Path(context))
        name = f"localhost/nfs-steward:{'-'.join(filter(None, (version, target)))}"
        order = _Order(tools, base, Path(context), name, version, target)
        key = cache_key(content, str(base), target)
        folder = cached(_NAME, key, partial(order.fill, progress=progress), progress.say)
    _forget_unused(folder)
    return BuiltImage(name, folder / _ROOT, folder / _ARCHIVE)


def _forget_unused(used: Path) -> None:
    """Note that the image in this folder is used, and delete those that nobody has asked for in a day.

    Each takes 350 MB, and every edit of the sources makes another.
    """
    os.utime(used)
    for folder in cache_root().glob(f"*/{_NAME}"):
        if folder.stat().st_mtime < time.time() - _KEPT_FOR:
            shutil.rmtree(folder, ignore_errors=True)


def _version(context: Path) -> str:
    version: str = tomllib.loads((context / "pyproject.toml").read_text())["project"]["version"]
    return version
