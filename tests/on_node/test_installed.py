"""What `helm install` leads to on a real node."""

import stat

import pytest

from testbed.bed import Testbed
from testbed.node.node import Node
from testbed.product.release import Release
from tests.cluster.objects import claim, nfs

from .installed import DEPLOYMENTS, TEAMS_CLASS, TEAMS_GROUP, only_pod, process_of
from .writing import mount_written_to

pytestmark = [pytest.mark.cluster, pytest.mark.node]


@pytest.mark.parametrize("component", DEPLOYMENTS)
def test_every_pod_is_ready_without_a_restart(release: Release, component: str) -> None:
    (container,) = only_pod(release, component)["status"]["containerStatuses"]
    assert (container["ready"], container["restartCount"]) == (True, 0)


def test_the_export_is_mounted_with_its_own_options(bed: Testbed, release: Release) -> None:
    assert isinstance(bed.node, Node)
    uid = only_pod(release, "export")["metadata"]["uid"]
    mounts = bed.node.guest.shell.check("cat /proc/mounts").splitlines()
    (line,) = (line for line in mounts if uid in line and " nfs4 " in line)
    source, _, _, options, *_ = line.split()
    assert source == f"{bed.export.server}:{bed.export.path}"
    assert set(options.split(",")) >= {"noatime", "vers=4.1", f"port={bed.export.port}"}


@pytest.mark.parametrize(
    ("component", "user"),
    [
        pytest.param("webhook", "65532", id="webhook"),
        pytest.param("cluster", "65532", id="cluster"),
        # Who may give directories away is for the server to say: as a user it is root, here it may do nothing.
        pytest.param("export", "0", id="export"),
    ],
)
def test_nobody_has_any_privilege(bed: Testbed, release: Release, component: str, user: str) -> None:
    process = process_of(bed, only_pod(release, component))
    assert process.pop("Uid") == user
    assert process.pop("NoNewPrivs") == "1"
    assert process.pop("Seccomp") == "2", "a filter"
    assert set(process) >= {"CapPrm", "CapEff", "CapBnd"}
    assert {int(capabilities, 16) for capabilities in process.values()} == {0}


def test_the_chart_s_own_test_passes(release: Release) -> None:
    assert "Succeeded" in release.test()


def test_a_claim_that_says_nothing_gets_a_volume_that_a_pod_writes_to(bed: Testbed, team: str) -> None:
    bed.kubectl.create(claim("data", team))
    options = mount_written_to(bed, team, {"persistentVolumeClaim": {"claimName": "data"}})
    assert options >= {"hard", "noatime", f"port={bed.export.port}"}


def test_a_directory_is_given_to_the_group_that_its_class_names(bed: Testbed, team: str) -> None:
    bed.kubectl.create(claim("data", team, storageClassName=TEAMS_CLASS))
    mount_written_to(bed, team, {"persistentVolumeClaim": {"claimName": "data"}})
    (directory,) = bed.export.root.glob(f"{team}-*")
    assert (directory.stat().st_gid, stat.filemode(directory.stat().st_mode)) == (TEAMS_GROUP, "drwxrws---")


def test_a_pod_whose_directory_is_missing_waits_for_it_and_writes_to_it(bed: Testbed, team: str) -> None:
    mount_written_to(bed, team, nfs(f"{team}/inline"))
    assert (bed.export.root / team / "inline" / "written").exists()
