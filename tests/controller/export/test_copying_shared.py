"""Where the file system can share blocks between files, a copy takes no room, and is still a copy."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.export.outcomes import Finished
from policy.ownership import Ownership
from testbed.debian import FILE_SYSTEMS, obtain_packages
from testbed.progress import Progress
from tests.beds import obtained

from .copies import Export, described, without

SIZE = 64 << 20


@pytest.fixture(params=["btrfs", "xfs"])
def sharing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A file system of its own that can share blocks."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount")
    packages = obtained(request, lambda: obtain_packages(FILE_SYSTEMS, Progress()))
    mkfs = [packages.program(f"mkfs.{request.param}"), "-q"]
    image, point = tmp_path / "image", tmp_path / "mounted"
    with image.open("wb") as file:
        file.truncate(320 << 20)  # the least that mkfs.xfs takes is 300 MB
    subprocess.run([*mkfs, image], env={**os.environ, **packages.env()}, check=True)
    point.mkdir()
    mounted = subprocess.run(["mount", "-o", "loop", image, point], capture_output=True, text=True, check=False)
    if mounted.returncode:
        # The kernel is the machine's own: nothing that could be fetched would change that.
        pytest.xfail(f"this kernel does not mount it: {mounted.stderr.strip()}")
    yield point
    subprocess.run(["umount", point], check=True)


def test_a_copy_shares_the_blocks_of_its_source_and_not_its_fate(sharing: Path, wish: Ownership) -> None:
    export = Export(sharing, wish, calls=without("copy_range", "read"))
    export.source.mkdir()
    (export.source / "large").write_bytes(os.urandom(SIZE))
    (export.source / "sub").mkdir()
    (export.source / "sub" / "small").write_text("data")
    os.sync()
    before, free = described(export.source), os.statvfs(sharing).f_bavail
    assert export.copy() == Finished(3)
    os.sync()
    taken = (free - os.statvfs(sharing).f_bavail) * os.statvfs(sharing).f_frsize
    assert taken < SIZE // 4
    assert described(export.place) == before
    with (export.source / "large").open("r+b") as file:
        file.write(b"changed")
    assert described(export.place) == before
