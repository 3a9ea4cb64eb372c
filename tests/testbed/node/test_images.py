import hashlib
import json
import tarfile
from pathlib import Path

import pytest

from testbed.node.images import write_archive


@pytest.fixture
def archive(tmp_path: Path) -> tarfile.TarFile:
    path = tmp_path / "images.tar"
    write_archive(path, b"the layer", {"localhost/a:1": {"Cmd": ["/a"]}, "localhost/b:1": {"Cmd": ["/b"]}})
    return tarfile.open(path)


def content(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    assert file is not None
    return file.read()


def test_every_image_s_layer_is_the_one_that_its_configuration_promises(archive: tarfile.TarFile) -> None:
    with archive:
        for image in json.loads(content(archive, "manifest.json")):
            config = json.loads(content(archive, image["Config"]))
            (layer,) = image["Layers"]
            digest = hashlib.sha256(content(archive, layer)).hexdigest()
            assert config["rootfs"]["diff_ids"] == [f"sha256:{digest}"]


def test_images_share_a_layer_and_differ_in_their_command(archive: tarfile.TarFile) -> None:
    with archive:
        images = json.loads(content(archive, "manifest.json"))
        commands = {
            image["RepoTags"][0]: json.loads(content(archive, image["Config"]))["config"]["Cmd"] for image in images
        }
        assert commands == {"localhost/a:1": ["/a"], "localhost/b:1": ["/b"]}
        assert len([name for name in archive.getnames() if name.endswith("layer.tar")]) == 1
