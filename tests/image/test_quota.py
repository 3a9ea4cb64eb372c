"""The second target, for an export on the node itself."""

import stat
from collections.abc import Callable

import pytest

from testbed.image.image import BuiltImage
from testbed.supervision.client import SupervisedProcess

Run = Callable[..., SupervisedProcess]


@pytest.mark.parametrize(
    ("program", "option"),
    [
        pytest.param("xfs_quota", "-V", id="limits on XFS and ext4"),
        pytest.param("xfs_io", "-V", id="project numbers on XFS and ext4"),
        pytest.param("btrfs", "--version", id="btrfs"),
        pytest.param("nfs-steward", "--version", id="nfs-steward"),
    ],
)
def test_it_has_the_tools_for_each_file_system(
    run: Run, image: BuiltImage, quota_image: BuiltImage, program: str, option: str
) -> None:
    container = run(option, image=quota_image, entrypoint=[program])
    assert container.wait(60.0) == 0, container.log.read_text()
    assert container.log.read_text()


def test_it_is_started_and_run_as_the_first_is(image: BuiltImage, quota_image: BuiltImage) -> None:
    for field in ("Entrypoint", "User", "Env"):
        assert quota_image.config[field] == image.config[field]


def test_no_program_of_it_is_setuid_or_setgid(quota_image: BuiltImage) -> None:
    modes = {path: path.lstat().st_mode for path in quota_image.root.rglob("*")}
    special = stat.S_ISUID | stat.S_ISGID
    assert [path for path, mode in modes.items() if stat.S_ISREG(mode) and mode & special] == []
