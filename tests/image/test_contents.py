import fnmatch
import os
import stat
from pathlib import Path

import pytest

from testbed.image.image import BuiltImage
from testbed.image.layers import Layer

SITE_PACKAGES = "opt/nfs-steward/lib/python3*/site-packages"
MEGABYTE = 1_000_000


@pytest.fixture(scope="session")
def files(image: BuiltImage) -> dict[str, os.stat_result]:
    """Every path of the image, and what it is; links are not followed."""
    found = {}
    for folder, folders, names in os.walk(image.root):
        for path in (Path(folder, name) for name in (*folders, *names)):
            found[path.relative_to(image.root).as_posix()] = path.lstat()
    return found


@pytest.fixture(scope="session")
def layers(image: BuiltImage) -> tuple[Layer, ...]:
    return image.read_layers()


def test_it_takes_less_than_190_megabytes(layers: tuple[Layer, ...]) -> None:
    assert sum(layer.size for layer in layers) < 190 * MEGABYTE


def test_it_takes_less_than_55_megabytes_to_pull(layers: tuple[Layer, ...]) -> None:
    assert sum(layer.compressed_size for layer in layers) < 55 * MEGABYTE


@pytest.mark.parametrize(
    ("position", "limit"),
    [
        pytest.param(0, 90, id="Debian and Python"),
        pytest.param(1, 92, id="the packages of the lock file"),
        pytest.param(2, 5, id="nfs-steward itself"),
    ],
)
def test_each_layer_keeps_to_its_share(layers: tuple[Layer, ...], position: int, limit: int) -> None:
    assert len(layers) == 3
    assert layers[position].size < limit * MEGABYTE


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param(f"{SITE_PACKAGES}/pip*", id="pip"),
        pytest.param("usr/lib/python3/dist-packages/pip*", id="Debian's pip"),
        pytest.param("usr/share/python-wheels/*", id="the wheels that venvs start with"),
        pytest.param(f"{SITE_PACKAGES}/setuptools*", id="setuptools"),
        pytest.param("usr/bin/*gcc*", id="a compiler"),
        pytest.param("usr/bin/*-ld", id="a linker"),
        pytest.param("usr/include/*", id="headers"),
        pytest.param("usr/bin/apt*", id="apt"),
        pytest.param("usr/bin/perl*", id="Perl"),
        pytest.param("usr/bin/su", id="su"),
        pytest.param("var/lib/apt/*", id="lists of packages"),
        pytest.param("var/cache/*", id="caches"),
        pytest.param("var/log/*", id="logs"),
        pytest.param("root/.cache*", id="caches of root's"),
        pytest.param("tmp/*", id="temporary files"),
        pytest.param("etc/apt/*", id="where packages came from"),
        pytest.param("etc/pip*", id="the builder's configuration of pip"),
        pytest.param("build/*", id="the builder's folder"),
        pytest.param("product/*", id="a folder of the build"),
        pytest.param(f"{SITE_PACKAGES}/testbed*", id="the testbed"),
        pytest.param(f"{SITE_PACKAGES}/kubernetes/aio*", id="the second Kubernetes client"),
        pytest.param(f"{SITE_PACKAGES}/aiohttp*", id="what only that one imports"),
    ],
)
def test_what_nothing_of_ours_calls_for_is_not_there(files: dict[str, os.stat_result], pattern: str) -> None:
    assert fnmatch.filter(files, pattern) == []


def test_no_program_is_setuid_or_setgid(files: dict[str, os.stat_result]) -> None:
    special = stat.S_ISUID | stat.S_ISGID
    assert [path for path, found in files.items() if stat.S_ISREG(found.st_mode) and found.st_mode & special] == []


def test_its_user_owns_nothing_in_it_and_may_write_to_nothing_but_temporary_folders(
    image: BuiltImage, files: dict[str, os.stat_result]
) -> None:
    uid, gid = map(int, image.config["User"].split(":"))
    assert not [path for path, found in files.items() if uid == found.st_uid or gid == found.st_gid]
    no_links = {path: found.st_mode for path, found in files.items() if not stat.S_ISLNK(found.st_mode)}
    assert {path for path, mode in no_links.items() if mode & stat.S_IWOTH} <= {"tmp", "var/tmp", "run/lock"}


def test_its_user_is_a_number_that_kubernetes_knows_not_to_be_root(image: BuiltImage) -> None:
    assert image.config["User"] == "65532:65532"


def test_its_entry_point_is_the_command(image: BuiltImage) -> None:
    assert image.config["Entrypoint"] == ["nfs-steward"]
    assert not image.config.get("Cmd")


def test_its_labels_say_what_it_is(image: BuiltImage) -> None:
    prefix = "org.opencontainers.image."
    labels = {name.removeprefix(prefix): text for name, text in image.config["Labels"].items() if prefix in name}
    assert set(labels) == {"title", "description", "licenses", "version", "revision"}
    assert labels["title"] == "nfs-steward"
    assert labels["licenses"] == "Apache-2.0"
    assert image.name.endswith(f":{labels['version']}")


def test_every_module_of_ours_has_its_bytecode_which_is_trusted_whatever_the_time_of_its_source(
    image: BuiltImage,
) -> None:
    (site_packages,) = image.root.glob(SITE_PACKAGES)
    for package in ("policy", "kube", "runtime", "certs", "webhook", "controller", "cli", "flask", "gunicorn"):
        sources = list((site_packages / package).rglob("*.py"))
        assert sources
        for source in sources:
            (compiled,) = source.parent.glob(f"__pycache__/{source.stem}.*.pyc")
            # https://peps.python.org/pep-0552/: bit 0: checked by hash and not by time; bit 1: whether to look
            assert compiled.read_bytes()[4] == 0b01, source


def test_the_standard_library_has_its_bytecode_which_does_not_depend_on_times(image: BuiltImage) -> None:
    library = list(image.root.glob("usr/lib/python3.*/*.py"))
    assert library
    for source in library:
        (compiled,) = source.parent.glob(f"__pycache__/{source.stem}.*.pyc")
        assert compiled.read_bytes()[4] == 0b11, source
