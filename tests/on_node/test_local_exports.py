"""An export on the node itself: a kubelet runs its controller as the chart renders it, at an XFS that holds claims to
their sizes, and the node is the NFS server from which Pods mount them.
"""

from collections.abc import Iterator
from functools import partial
from typing import Final

import pytest

from kube import resources
from kube.client import Client
from kube.errors import Forbidden
from policy import keys
from policy.shapes import Json, annotations, text
from testbed.bed import Testbed
from testbed.image.image import BuiltImage
from testbed.nfs_server.exports import FileSystem, ServedExport
from testbed.nfs_server.server import NfsServer
from testbed.node.guest import ADDRESS
from testbed.node.node import Node
from testbed.pods.capabilities import Capability
from testbed.product.chart import NAMESPACE, RELEASE, name_of
from testbed.product.release import Release
from testbed.waiting import wait_for
from tests.beds import obtained
from tests.namespaces import MakeNamespace

from .installed import WITHIN, chart_values, enforce_pod_security, only_pod, process_of
from .team import Team, claimed

pytestmark = [pytest.mark.cluster, pytest.mark.node, pytest.mark.usefixtures("controller")]

MIB: Final = 1 << 20
SIZED, DEPLOYMENT = "sized", f"{RELEASE}-export-sized"
"""The export, which is the name of its class, too, and the Deployment of its controller."""

SERVED: Final = ServedExport("/nfs/sized", FileSystem.XFS, options="rw,root_squash,sync", mode=0o755)


def with_the_export(values: Json, node: str) -> Json:
    """These values and the export, with a class that has its file system hold claims to their sizes."""
    local = {"path": SERVED.root, "nodeSelector": {"kubernetes.io/hostname": node}}
    mounted = {"server": ADDRESS, "path": SERVED.root, "mountOptions": ["nfsvers=4.1"]}
    its_class = {"name": SIZED, "export": SIZED, "quota": "project", "onDelete": "delete"}
    return {
        **values,
        "exports": [*values["exports"], {"name": SIZED, **mounted, "local": local}],
        "storageClasses": [*values["storageClasses"], its_class],
    }


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest, bed: Testbed) -> NfsServer:
    """The node as an NFS server."""
    assert isinstance(bed.node, Node)
    server = obtained(request, partial(NfsServer.on, bed.node.guest)).wait_ready()
    server.serve(SERVED)
    return server


@pytest.fixture(scope="module")
def controller(
    bed: Testbed, release: Release, image: BuiltImage, quota_image: BuiltImage, server: NfsServer
) -> Iterator[None]:
    """The export's controller, as a Pod on the node."""
    assert isinstance(bed.node, Node)
    assert server.exports, "it finds the file system mounted"
    bed.node.load_images(quota_image.archive)
    enforce_pod_security(bed, "privileged")
    release.upgrade(with_the_export(chart_values(bed, image), bed.node.name))
    release.wait_available(DEPLOYMENT, within=WITHIN)
    yield
    release.roll_back()
    enforce_pod_security(bed, "baseline")


def written(team: Team, server: NfsServer, mebibytes: int) -> tuple[str, int]:
    """Have the Pod `writer` write a file of so many MiB, past all caches: what it is told, and how many are there."""
    path = text(team.volume_of("data"), "spec", "nfs", "path")
    dd = f"dd if=/dev/zero of=/mnt/v0/file bs=1M count={mebibytes} oflag=direct 2>&1"
    told = team.ask("writer", f"{dd}; true")
    return told, int(server.check(f"stat -c %s {path}/file")) // MIB


def test_pod_security_baseline_keeps_its_controller_out(
    release: Release, administrator: Client, make_team: MakeNamespace
) -> None:
    elsewhere = make_team({keys.POD_SECURITY_ENFORCE: "baseline"})
    spec = {**release.deployments()[DEPLOYMENT]["spec"]["template"]["spec"], "serviceAccountName": "default"}
    same = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "same"}, "spec": spec}
    with pytest.raises(Forbidden, match="hostPath volumes"):
        administrator.create(resources.PODS, same, elsewhere, dry_run=True)


def test_its_controller_has_the_capabilities_that_the_chart_grants_and_no_others(
    bed: Testbed, release: Release
) -> None:
    pod = only_pod(release, "export", SIZED)
    (container,) = pod["spec"]["containers"]
    granted = sum(1 << Capability[name] for name in container["securityContext"]["capabilities"]["add"])
    process = process_of(bed, pod)
    assert (process["Uid"], process["Seccomp"]) == ("0", "2")
    assert {int(process[which], 16) for which in ("CapPrm", "CapEff", "CapBnd")} == {granted}


def test_a_pod_writes_as_much_as_its_claim_says_and_more_once_that_has_grown(people: Team, server: NfsServer) -> None:
    people.claim("data", SIZED, resources={"requests": {"storage": "10Mi"}})
    assert annotations(people.volume_of("data"))[keys.HELD_BY] == "project"
    people.start("writer", claimed("data"))

    told, mebibytes = written(people, server, 15)
    assert "No space left on device" in told
    assert mebibytes in (9, 10)
    assert people.ask("writer", "df -P -k /mnt/v0").split()[8] == str(10 * 1024)

    people.grow("data", "20Mi")
    assert written(people, server, 15)[1] == 15
    told, mebibytes = written(people, server, 30)
    assert "No space left on device" in told
    assert mebibytes in (19, 20)


def test_with_its_claim_a_volume_s_directory_and_limit_go(bed: Testbed, people: Team, server: NfsServer) -> None:
    people.claim("data", SIZED, resources={"requests": {"storage": "12Mi"}})
    path = text(people.volume_of("data"), "spec", "nfs", "path")
    assert server.run(f"ls -d {path}").status == 0
    assert 12 * MIB in server.project_limits(SERVED.root).values()

    bed.kubectl("delete", "pvc", "data", f"--namespace={people.namespace}", f"--timeout={WITHIN:.0f}s", timeout=WITHIN)

    wait_for("the limit to be gone", lambda: 12 * MIB not in server.project_limits(SERVED.root).values(), WITHIN)
    assert server.run(f"ls -d {path}").status != 0


def test_its_controller_knows_the_device_and_cannot_open_it(bed: Testbed, release: Release, people: Team) -> None:
    people.claim("data", SIZED, resources={"requests": {"storage": "10Mi"}})
    there = (f"--namespace={NAMESPACE}", name_of(only_pod(release, "export", SIZED)))
    assert "Operation not permitted" in bed.kubectl("exec", *there, "--", "sh", "-c", "head -c 1 /dev/loop* 2>&1; true")
