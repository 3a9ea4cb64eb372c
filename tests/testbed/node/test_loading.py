import gzip
import tarfile
from pathlib import Path

from testbed.node.images import write_archive
from testbed.node.loading import compress_layers


def contents(archive: Path) -> dict[str, bytes]:
    """The files of an archive, in its order."""
    with tarfile.open(archive) as opened:
        files = {member.name: opened.extractfile(member) for member in opened}
        return {name: file.read() for name, file in files.items() if file}


def test_compressed_layers_are_the_same_layers_under_the_same_names(tmp_path: Path) -> None:
    archive, compressed = tmp_path / "archive.tar", tmp_path / "compressed.tar"
    write_archive(archive, b"the layer", {"localhost/a:1": {"Cmd": ["/a"]}})
    compress_layers(archive, compressed)
    plain, small = contents(archive), contents(compressed)
    assert list(small) == list(plain)
    (layer,) = (name for name in plain if name.endswith("layer.tar"))
    assert gzip.decompress(small.pop(layer)) == plain.pop(layer) == b"the layer"
    assert small == plain
