"""Giving the node images."""

import gzip
import json
import secrets
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Final

from testbed.node.guest_shell import GuestShell

_LOADED_WITHIN: Final = 300.0
_QUICKLY: Final = 1  # gzip's level


def load_images(shell: GuestShell, archive: Path) -> None:
    """Give a guest's containerd the images of an archive as `docker save` writes it; 150 MB take half a minute.

    Raises `CommandFailed` where containerd refuses them.
    """
    shared = shell.share / f"images-{secrets.token_hex(8)}.tar"
    try:
        compress_layers(archive, shared)
        shell.check(f"ctr -n k8s.io images import /run/share/{shared.name}", _LOADED_WITHIN)
    finally:
        shared.unlink(missing_ok=True)


def compress_layers(archive: Path, compressed: Path) -> None:
    """Copy an archive of images with its layers compressed.

    What is imported goes through containerd's socket, in a guest at a few MB a second: so the fewer bytes the better.
    """
    with tarfile.open(archive) as source, tarfile.open(compressed, "w") as target:
        manifest = source.extractfile("manifest.json")
        assert manifest is not None
        layers = {layer for image in json.load(manifest) for layer in image["Layers"]}
        for member in source:
            content = source.extractfile(member) if member.isreg() else None
            if content and member.name in layers:
                small = gzip.compress(content.read(), _QUICKLY)
                member.size = len(small)
                content = BytesIO(small)
            target.addfile(member, content)
