"""Where the command `nfs-steward` is."""

import shutil
import sys
from pathlib import Path

from testbed.errors import PartUnavailable


def nfs_steward() -> list[str]:
    """The command beside the Python that runs this, or else the one on PATH; raises `PartUnavailable` for neither."""
    beside = Path(sys.executable).with_name("nfs-steward")
    found = str(beside) if beside.exists() else shutil.which("nfs-steward")
    if found is None:
        raise PartUnavailable("nfs-steward", "the command is not installed", "make setup")
    return [found]
