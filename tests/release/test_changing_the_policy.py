"""What `helm upgrade` makes of a policy that is changed, and of one that the programs would refuse."""

import pytest

from kube import resources
from kube.client import Client
from policy.shapes import mapping
from testbed.errors import CommandFailed
from testbed.waiting import wait_for
from tests.cluster.objects import claim
from tests.waiting import WITHIN

from .load import restarts
from .site import REFUSED_SIZE, Site


def size_of_a_claim(client: Client, namespace: str) -> str:
    """The size that a claim without one would get now."""
    tried = client.create(resources.CLAIMS, claim("tried", namespace), dry_run=True)
    return str(mapping(tried, "spec", "resources", "requests")["storage"])


def all_restarts(site: Site) -> dict[str, int]:
    """Every container of the installation that is of some use, and how often it was restarted."""
    pods = [*site.release.pods("webhook"), *site.release.pods("cluster"), *site.release.pods("export", "main")]
    return {name: number for pod in pods for name, number in restarts(pod).items()}


def test_an_upgrade_changes_the_policy_and_restarts_nothing(site: Site, client: Client, team: str) -> None:
    before = all_restarts(site)
    assert size_of_a_claim(client, team) == "1Gi"
    site.release.upgrade(site.values_with_size("3Gi"), wait=False)
    wait_for("the new size", lambda: size_of_a_claim(client, team) == "3Gi", WITHIN)
    site.release.upgrade(site.values())
    wait_for("the old size", lambda: size_of_a_claim(client, team) == "1Gi", WITHIN)
    assert all_restarts(site) == before


@pytest.mark.parametrize(
    ("size", "told"),
    [
        pytest.param("3 gigabytes", "profiles", id="one that the schema of the values knows to be wrong"),
        pytest.param(REFUSED_SIZE, "policy-check", id="one that only the programs know to be wrong"),
    ],
)
def test_a_policy_that_would_be_refused_never_gets_there(
    site: Site, client: Client, team: str, size: str, told: str
) -> None:
    with pytest.raises(CommandFailed, match=told):
        site.release.upgrade(site.values_with_size(size))
    assert size_of_a_claim(client, team) == "1Gi"
    assert size not in str(site.release.get("configmap", "nfs-steward-policy"))
