import shutil
import subprocess
from pathlib import Path

import pytest

from testbed.debian import UnpackedPackages, exact_versions, merged_path, unpack
from testbed.errors import PartUnavailable

PLAN = (
    "'https://m.example/nfs-common_2.6.2-4.deb' nfs-common_1%3a2.6.2-4+deb12u1_amd64.deb 259 MD5Sum:b\n"
    "'https://mirror.example/libnfs13_4.0.0-1_amd64.deb' libnfs13_4.0.0-1_amd64.deb 98508 \n"
)
CONTROL = "Package: x\nVersion: 1\nArchitecture: all\nMaintainer: x\nDescription: x\n"


def test_apt_s_plan_is_read_as_exact_versions() -> None:
    assert exact_versions(PLAN) == ["nfs-common=1:2.6.2-4+deb12u1", "libnfs13=4.0.0-1"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("./sbin/mount.nfs", "usr/sbin/mount.nfs", id="a program in /sbin"),
        pytest.param("./lib/modules/x.ko", "usr/lib/modules/x.ko", id="below /lib"),
        pytest.param("./usr/bin/wrk", "usr/bin/wrk", id="already in /usr"),
        pytest.param("./library/x", "library/x", id="only a prefix of the name"),
        pytest.param("./etc/netconfig", "etc/netconfig", id="elsewhere"),
        pytest.param("./", ".", id="the root"),
    ],
)
def test_what_belongs_to_usr_goes_there(path: str, expected: str) -> None:
    assert merged_path(path) == expected


@pytest.fixture
def deb(tmp_path: Path) -> Path:
    """A package with a setuid program in /sbin, a second name for it, and a link to it."""
    if not shutil.which("dpkg-deb"):
        pytest.skip("no dpkg-deb on this machine")
    content = tmp_path / "content"
    for folder in ("DEBIAN", "sbin", "usr/bin"):
        (content / folder).mkdir(parents=True)
    (content / "DEBIAN/control").write_text(
        "Package: x\nVersion: 1\nArchitecture: all\nMaintainer: x\nDescription: x\n"
    )
    (content / "sbin/tool").write_text("#!/bin/sh\n")
    (content / "sbin/tool").chmod(0o4755)
    (content / "sbin/again").hardlink_to(content / "sbin/tool")
    (content / "usr/bin/link").symlink_to("../sbin/tool")
    subprocess.run(["dpkg-deb", "--build", content, tmp_path / "x.deb"], check=True, capture_output=True)
    return tmp_path / "x.deb"


def test_a_package_is_unpacked_below_usr_with_no_program_setuid(deb: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    unpack(deb, root)
    assert (root / "usr/sbin/tool").stat().st_mode & 0o7777 == 0o755
    assert (root / "usr/sbin/again").samefile(root / "usr/sbin/tool")
    assert (root / "usr/bin/link").resolve() == root / "usr/sbin/tool"
    assert not (root / "sbin").exists()


def test_a_program_is_looked_for_in_the_packages_first_and_on_the_machine_next(deb: Path, tmp_path: Path) -> None:
    packages = UnpackedPackages(tmp_path / "root")
    unpack(deb, packages.root)
    assert packages.program("tool") == packages.root / "usr/sbin/tool"
    assert packages.program("sh") == Path(shutil.which("sh") or "")
    with pytest.raises(PartUnavailable, match="no-such-tool"):
        packages.program("no-such-tool")
