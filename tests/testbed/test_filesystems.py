from pathlib import Path

import pytest

from testbed.filesystems import parse_mountinfo, type_at

MOUNTINFO = """\
22 1 0:20 / / rw,relatime shared:1 - overlay overlay rw,lowerdir=/l
23 22 8:1 / /srv rw,relatime - ext4 /dev/sda1 rw
24 23 8:2 / /srv/with\\040blank rw shared:2 master:1 - xfs /dev/sda2 rw
25 22 0:30 / /tmp rw - ext4 /dev/sda3 rw
26 22 0:31 / /tmp rw - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("/srv/data", "ext4", id="below a mount"),
        pytest.param("/srv", "ext4", id="the mount itself"),
        pytest.param("/srv2/data", "overlay", id="beside a mount with a longer name"),
        pytest.param("/srv/with blank/x", "xfs", id="a mount in a mount, with a blank"),
        pytest.param("/tmp/x", "tmpfs", id="a mount over a mount"),
        pytest.param("/", "overlay", id="the root"),
    ],
)
def test_the_innermost_newest_mount_says_the_type(path: str, expected: str) -> None:
    assert type_at(Path(path), parse_mountinfo(MOUNTINFO)) == expected
