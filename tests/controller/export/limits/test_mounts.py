"""What a mount says of the limits that its file system can keep."""

import os
from pathlib import Path

import pytest

from controller.export.limits.mounts import Mount, MountUnknown, have_device, mount_of, parse_mount, why_not
from policy.parameters import QuotaKind

MOUNTS = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
43 22 0:39 /data /exports/main rw,relatime - btrfs /dev/loop0 rw,space_cache=v2,subvolid=5,subvol=/
44 22 8:17 / /srv/with\\040blank rw,relatime shared:1 - xfs /dev/mapper/vg-data rw,attr2,inode64,prjquota
45 22 0:30 / /tmp rw - tmpfs tmpfs rw
"""


def test_a_mount_is_read_by_its_number() -> None:
    found = parse_mount(MOUNTS, "44")

    assert (found.point, found.kind, found.source) == ("/srv/with blank", "xfs", "/dev/mapper/vg-data")
    assert found.device == os.makedev(8, 17)
    assert "prjquota" in found.options


def test_a_mount_that_is_gone_is_said_to_be() -> None:
    with pytest.raises(MountUnknown, match="is gone"):
        parse_mount(MOUNTS, "4")


def test_the_mount_of_an_open_directory_is_found(tmp_path: Path) -> None:
    opened = os.open(tmp_path, os.O_PATH)
    try:
        assert tmp_path.is_relative_to(mount_of(opened).point)
    finally:
        os.close(opened)


def mounted(kind: str, *options: str) -> Mount:
    return Mount("/exports/main", kind, "/dev/sdb1", frozenset({"rw", *options}), 0)


@pytest.mark.parametrize(
    ("quota", "mount", "why"),
    [
        pytest.param(QuotaKind.NONE, mounted("tmpfs"), None, id="nothing is asked of it"),
        pytest.param(QuotaKind.PROJECT, mounted("xfs", "prjquota"), None, id="XFS"),
        pytest.param(QuotaKind.PROJECT, mounted("ext4", "prjquota"), None, id="ext4"),
        pytest.param(QuotaKind.BTRFS, mounted("btrfs"), None, id="btrfs"),
        pytest.param(QuotaKind.PROJECT, mounted("xfs"), "xfs mounted without prjquota", id="XFS without quotas"),
        pytest.param(
            QuotaKind.PROJECT, mounted("xfs", "pqnoenforce"), "xfs mounted without", id="XFS that only counts"
        ),
        pytest.param(QuotaKind.PROJECT, mounted("ext4"), "ext4 mounted without prjquota", id="ext4 without quotas"),
        pytest.param(QuotaKind.PROJECT, mounted("ext4"), "ext4 without the project feature", id="why ext4 may be"),
        pytest.param(QuotaKind.PROJECT, mounted("tmpfs"), "tmpfs has no quotas", id="tmpfs"),
        pytest.param(QuotaKind.PROJECT, mounted("nfs4"), "nfs4 has no quotas", id="NFS"),
        pytest.param(QuotaKind.PROJECT, mounted("btrfs"), "btrfs has no project quotas", id="btrfs, wrong kind"),
        pytest.param(QuotaKind.BTRFS, mounted("ext4", "prjquota"), "ext4 is no btrfs", id="ext4, wrong kind"),
    ],
)
def test_a_file_system_that_cannot_keep_a_limit_has_a_reason(quota: QuotaKind, mount: Mount, why: str | None) -> None:
    found = why_not(quota, mount)

    assert found is None if why is None else why in (found or "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes device nodes")
def test_a_device_that_a_container_does_not_show_gets_its_name(tmp_path: Path) -> None:
    mount = Mount("/exports/main", "xfs", str(tmp_path / "mapper" / "vg-data"), frozenset(), os.makedev(8, 17))

    for _ in range(2):
        have_device(mount)

    status = (tmp_path / "mapper" / "vg-data").stat()
    assert (status.st_rdev, status.st_mode & 0o777) == (os.makedev(8, 17), 0o600)
