"""All of it under Pod Security `restricted`, on an export whose owner is somebody."""

import os

import pytest

from kube import resources
from kube.client import Client
from kube.errors import Forbidden
from policy import keys
from testbed.bed import Testbed
from testbed.image.image import BuiltImage
from testbed.product.release import Release
from tests.cluster.objects import claim

from .conftest import MakeNamespace
from .installed import DEPLOYMENTS, chart_values, enforce_pod_security, wait_all_available
from .writing import mount_written_to

pytestmark = [pytest.mark.cluster, pytest.mark.node]

OWNER = 1234


def test_as_root_the_export_s_controller_is_not_fit_for_it(
    release: Release, administrator: Client, make_team: MakeNamespace
) -> None:
    elsewhere = make_team({keys.POD_SECURITY_ENFORCE: "restricted"})
    template = release.deployments()[DEPLOYMENTS["export"]]["spec"]["template"]
    spec = {**template["spec"], "serviceAccountName": "default"}
    same = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "same"}, "spec": spec}
    with pytest.raises(Forbidden, match="must not set runAsUser=0"):
        administrator.create(resources.PODS, same, elsewhere, dry_run=True)


def test_as_the_export_s_owner_all_of_it_runs(bed: Testbed, release: Release, image: BuiltImage, team: str) -> None:
    os.chown(bed.export.root, OWNER, OWNER)
    enforce_pod_security(bed, "restricted")
    release.upgrade({**chart_values(bed, image), "controller": {"replicas": 1, "runAsUser": OWNER}})
    wait_all_available(release)
    bed.kubectl.create(claim("data", team))
    mount_written_to(bed, team, {"persistentVolumeClaim": {"claimName": "data"}})
    (directory,) = bed.export.root.glob(f"{team}-*")
    assert (directory.stat().st_uid, directory.stat().st_gid) == (OWNER, OWNER)
