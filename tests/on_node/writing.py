"""A Pod on the node that writes a file to its volume."""

from policy.shapes import Json
from testbed.bed import Testbed
from testbed.export import NfsExport
from testbed.nfs_listing import nfs_read
from testbed.waiting import wait_for
from tests.cluster.objects import pod

from .installed import WITHIN


def mount_written_to(bed: Testbed, team: str, source: Json) -> set[str]:
    """Have a Pod of the team write to a volume; returns the options with which that is mounted.

    What it has written is on the export then.
    """
    script = f"echo by {team} > /mnt/v0/written && grep ' /mnt/v0 ' /proc/mounts && exec sleep 1000000"
    bed.kubectl.create(pod("writer", team, source, container={"command": ["sh", "-c", script]}))
    there = f"--namespace={team}"
    bed.kubectl("wait", "--for=condition=Ready", "pod/writer", there, f"--timeout={WITHIN:.0f}s", timeout=WITHIN)
    line = wait_for("the mount", lambda: bed.kubectl("logs", "writer", there), WITHIN)
    path = line.split()[0].partition(f":{bed.export.path}/")[2]
    assert isinstance(bed.export, NfsExport)
    assert nfs_read(bed.export, f"{path}/written") == f"by {team}\n"
    bed.kubectl("delete", "pod", "writer", there, "--wait=false")
    return set(line.split()[3].split(","))
