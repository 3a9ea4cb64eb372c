import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from testbed.image.layers import read_config, read_layers, unpack_layers

CONFIG = {"User": "1:1", "Entrypoint": ["x"]}


def layer_of(**files: str) -> bytes:
    """A layer as a tar archive; `__` in a name stands for `/`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as layer:
        for name, text in files.items():
            member = tarfile.TarInfo(name.replace("__", "/").replace("wh_", ".wh."))
            member.size = len(text)
            layer.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


@pytest.fixture
def layers() -> list[bytes]:
    """Three layers: the second takes away, the third puts in place of what was there."""
    return [
        layer_of(etc__kept="1", etc__gone="1", folder__a="1", folder__b="1"),
        layer_of(etc__wh_gone="", folder__wh_a=""),
        layer_of(etc__kept="3", etc__new="3"),
    ]


@pytest.fixture
def archive(layers: list[bytes], tmp_path: Path) -> Path:
    """An image as `docker save` writes it."""
    digests = [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers]
    steps = [{"created_by": "one"}, {"created_by": "nothing", "empty_layer": True}, {"created_by": "two"}, {}]
    image = {"config": CONFIG, "history": steps, "rootfs": {"type": "layers", "diff_ids": digests}}
    names = [f"{number}.tar" for number in range(len(layers))]
    manifest = [{"Config": "image.json", "RepoTags": ["x:1"], "Layers": names}]
    contents = {"image.json": json.dumps(image).encode(), "manifest.json": json.dumps(manifest).encode()}
    path = tmp_path / "image.tar"
    with tarfile.open(path, "w") as written:
        for name, content in {**contents, **dict(zip(names, layers, strict=True))}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            written.addfile(member, io.BytesIO(content))
    return path


def test_the_layers_are_told_with_their_sizes_and_the_steps_that_made_them(archive: Path, layers: list[bytes]) -> None:
    found = read_layers(archive)
    assert [layer.made_by for layer in found] == ["one", "two", ""]
    assert [layer.size for layer in found] == [len(layer) for layer in layers]
    assert all(0 < layer.compressed_size < layer.size for layer in found)


def test_the_configuration_is_that_of_the_containers(archive: Path) -> None:
    assert read_config(archive) == CONFIG


def test_a_later_layer_takes_away_and_replaces_what_earlier_ones_put_there(archive: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    unpack_layers(archive, root)
    found = {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*") if path.is_file()}
    assert found == {"etc/kept": "3", "etc/new": "3", "folder/b": "1"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["image.tar", "root"]
