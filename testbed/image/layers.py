"""Layers of an image, and the file system that they make up."""

import json
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from testbed.commands import run

# https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts
_WHITEOUT: Final = ".wh."
_OPAQUE: Final = ".wh..wh..opq"
_GZIP: Final = 31  # zlib's number for a gzip header around its widest window
_CHUNK: Final = 1 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer, a tar archive: its digest, its size in bytes as it is and as it is pulled, and what made it."""

    digest: str
    size: int
    compressed_size: int
    made_by: str


def read_layers(archive: Path) -> tuple[Layer, ...]:
    """The layers of the one image in an archive as `docker save` writes it, lowest first."""
    with tarfile.open(archive) as content:
        image = _image(content)
        names = _layer_names(content)
        sizes = [content.getmember(name).size for name in names]
        compressed = [_compressed_size(content, name) for name in names]
    steps = [step.get("created_by", "") for step in image["history"] if not step.get("empty_layer")]
    digests = image["rootfs"]["diff_ids"]
    return tuple(Layer(*fields) for fields in zip(digests, sizes, compressed, steps, strict=True))


def read_config(archive: Path) -> dict[str, Any]:
    """What the one image in an archive says of its containers: Entrypoint, Env, User, Labels."""
    with tarfile.open(archive) as content:
        config: dict[str, Any] = _image(content)["config"]
    return config


def unpack_layers(archive: Path, root: Path) -> None:
    """Make the file system of the one image in `archive` below the folder `root`, which is made."""
    root.mkdir(mode=0o755)
    with tarfile.open(archive) as content, tempfile.TemporaryDirectory(dir=root.parent) as scratch:
        for name in _layer_names(content):
            content.extract(name, scratch, filter="data")
            _apply(Path(scratch, name), root)
            Path(scratch, name).unlink()


def _apply(layer: Path, root: Path) -> None:
    """Lay a layer over what is below `root`: first what it takes away, then what it adds."""
    with tarfile.open(layer) as content:
        for gone in removed(content.getnames()):
            run(["rm", "-rf", "--", root / gone])
    where: list[str | Path] = ["--file", layer, "--directory", root]
    run(["tar", "--extract", *where, "--numeric-owner", f"--exclude={_WHITEOUT}*"], timeout=300)


def removed(names: list[str]) -> Iterator[str]:
    """The paths that a layer with these members takes away from the layers below it."""
    for name in names:
        folder, _, last = name.rpartition("/")
        if last == _OPAQUE:
            yield folder
        elif last.startswith(_WHITEOUT):
            yield f"{folder}/{last.removeprefix(_WHITEOUT)}"


def _image(content: tarfile.TarFile) -> Any:
    return _json(content, _json(content, "manifest.json")[0]["Config"])


def _compressed_size(content: tarfile.TarFile, name: str) -> int:
    """Bytes after gzip as builders run it when they push."""
    layer = content.extractfile(name)
    assert layer is not None
    packing = zlib.compressobj(level=6, wbits=_GZIP)
    return sum(len(packing.compress(chunk)) for chunk in iter(partial(layer.read, _CHUNK), b"")) + len(packing.flush())


def _layer_names(content: tarfile.TarFile) -> list[str]:
    names: list[str] = _json(content, "manifest.json")[0]["Layers"]
    return names


def _json(content: tarfile.TarFile, name: str) -> Any:
    member = content.extractfile(name)
    assert member is not None
    return json.load(member)
