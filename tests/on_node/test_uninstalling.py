"""The end: `helm uninstall`, after everything else."""

import pytest

from policy.shapes import Json
from testbed.bed import Testbed
from testbed.product.chart import RELEASE
from testbed.product.release import Release
from tests.cluster.objects import claim, gates, nfs, phase, pod, whole_claim

from .installed import WITHIN

pytestmark = [pytest.mark.cluster, pytest.mark.node]

OURS = f"--selector=app.kubernetes.io/instance={RELEASE}"
KINDS = "deployments,pods,jobs,secrets,configmaps,services,clusterroles,mutatingwebhookconfigurations,storageclasses"


def everything(bed: Testbed, kinds: str, *options: str) -> list[Json]:
    found: list[Json] = bed.kubectl.json("get", kinds, "--all-namespaces", *options)["items"]
    return found


def test_after_uninstalling_the_volumes_are_there_and_nothing_of_ours_is_in_the_way(
    bed: Testbed, release: Release, team: str
) -> None:
    there = f"--namespace={team}"
    bed.kubectl.create(claim("kept", team))
    bed.kubectl(
        "wait", "--for=jsonpath={.status.phase}=Bound", "pvc/kept", there, f"--timeout={WITHIN:.0f}s", timeout=WITHIN
    )
    directories = set(bed.export.root.iterdir())
    release.uninstall()
    leaving = ["--for=delete", "pods", "--all-namespaces", OURS, f"--timeout={WITHIN:.0f}s"]
    bed.kubectl("wait", *leaving, timeout=WITHIN)

    assert everything(bed, KINDS, OURS) == []
    assert set(bed.export.root.iterdir()) == directories
    assert phase(bed.kubectl.json("get", "pvc/kept", there)) == "Bound"
    finalizers = [each for obj in everything(bed, "persistentvolumes") for each in obj["metadata"]["finalizers"]]
    assert finalizers
    assert all(each.startswith("kubernetes.io/") for each in finalizers)

    bed.kubectl.create(whole_claim("nobody-s", team), pod("free", team, nfs("nowhere")))
    assert gates(bed.kubectl.json("get", "pod/free", there)) == []
