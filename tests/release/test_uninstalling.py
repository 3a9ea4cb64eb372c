"""`helm uninstall`: nothing of ours is left that blocks anything, and everything of theirs stays."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from kube import resources
from kube.client import Client
from policy import keys
from policy.shapes import Json, sequence
from testbed.errors import CommandFailed
from testbed.product.chart import NAMESPACE, RELEASE, name_of
from testbed.waiting import wait_for
from tests.cluster.installation import INERT
from tests.cluster.objects import gates, is_scheduled, nfs, phase, pod, whole_claim
from tests.waiting import WITHIN

from .load import load_on
from .site import REFUSED_SIZE, Site

CLUSTER_WIDE = (
    "clusterroles,clusterrolebindings,storageclasses,persistentvolumes,validatingadmissionpolicies,"
    "validatingadmissionpolicybindings,mutatingwebhookconfigurations,validatingwebhookconfigurations"
)
OURS = f"app.kubernetes.io/instance={RELEASE}"


@dataclass(frozen=True)
class Theirs:
    """What people have made: a bound claim with its volume and directory, and a Pod that waits for a dead export."""

    client: Client
    namespace: str
    directory: Path

    def claim(self) -> Json:
        """The claim, as it is now."""
        return self.client.get(resources.CLAIMS, "data", self.namespace)

    def volume(self) -> Json:
        """Its volume, as it is now."""
        return self.client.get(resources.VOLUMES, self.claim()["spec"]["volumeName"])

    def delete_volume(self) -> None:
        """Delete the claim, and then the volume: nobody is there any more to do it. Return when both are gone."""
        volume = name_of(self.volume())
        self.client.delete(resources.CLAIMS, "data", self.namespace)
        self.client.delete(resources.VOLUMES, volume)
        wait_for("the volume to be gone", partial(self.is_gone, volume), WITHIN)

    def is_gone(self, volume: str) -> bool:
        """Whether there is no volume of that name."""
        return volume not in map(name_of, self.client.list(resources.VOLUMES).items)

    def pod(self) -> Json:
        """The Pod, as it is now."""
        return self.client.get(resources.PODS, "waiting", self.namespace)


@pytest.fixture
def theirs(site: Site, client: Client, team: str) -> Theirs:
    """What people have made."""
    client.create(resources.CLAIMS, whole_claim("data", team))
    wait_for("it to be bound", lambda: phase(client.get(resources.CLAIMS, "data", team)) == "Bound", WITHIN)
    volume = client.get(resources.VOLUMES, client.get(resources.CLAIMS, "data", team)["spec"]["volumeName"])
    directory = site.bed.export.root / Path(volume["spec"]["nfs"]["path"]).name
    (directory / "precious").write_text("data")
    client.create(resources.PODS, pod("waiting", team, nfs("x", "/nfs/dead", server="192.0.2.1")))
    return Theirs(client, team, directory)


@pytest.fixture
def refused_policy(site: Site) -> None:
    """A policy has been refused: Helm keeps the Job of the check, and its Pod, for people to read the log."""
    with pytest.raises(CommandFailed, match="policy-check"):
        site.release.upgrade(site.values_with_size(REFUSED_SIZE))
    assert [name_of(job) for job in site.release.get("jobs")["items"]] == [f"{RELEASE}-policy-check"]
    assert any(name.startswith(f"{RELEASE}-policy-check") for name in site.pods_left())


@pytest.fixture
def uninstalled(site: Site, theirs: Theirs, refused_policy: None, inert_team: str) -> list[str]:
    """Everything is uninstalled, while claims are created all the time: what was said of those that were refused."""
    assert gates(theirs.pod()) == [keys.DIRECTORY_GATE]
    with load_on(site.bed, inert_team) as load:
        site.uninstall()
        load.wait_for_more()
    return load.failures


def test_nothing_blocks_nothing_is_left_and_nothing_is_lost(site: Site, uninstalled: list[str], theirs: Theirs) -> None:
    assert uninstalled == []

    assert theirs.claim()["status"]["phase"] == "Bound"
    assert (theirs.directory / "precious").read_text() == "data"
    assert not [name for name in sequence(theirs.volume(), "metadata", "finalizers") if keys.GROUP in name]

    theirs.delete_volume()
    assert (theirs.directory / "precious").read_text() == "data"

    assert gates(theirs.pod()) == []
    wait_for("the Pod to be scheduled", lambda: is_scheduled(theirs.pod()), WITHIN)

    left = ("get", CLUSTER_WIDE, f"--selector={OURS}", "-o=name")
    wait_for("what belonged to it to be gone", lambda: not site.bed.kubectl(*left), WITHIN)
    in_namespace = site.bed.kubectl("get", "all,secrets,configmaps", f"--namespace={NAMESPACE}", "-o=name")
    # The directories that stay belong to the groups that stand there.
    ledger = f"configmap/{keys.GID_LEDGER}"
    assert [name for name in in_namespace.split() if "kube-root-ca" not in name] == [ledger]


def test_it_can_be_installed_again_and_serves_what_it_had_made(
    site: Site, uninstalled: list[str], theirs: Theirs, inert_team: str
) -> None:
    site.have_installed()
    assert theirs.claim()["status"]["phase"] == "Bound"
    with load_on(site.bed, inert_team, INERT) as load:
        load.wait_for_more()
    assert load.failures == []
