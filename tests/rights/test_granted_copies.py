"""The data of another namespace's claim is copied where a ReferenceGrant there gives the right to it, and nowhere else.

The API server's feature gate for such data sources is on here. The kind is not of the API server's own: as on a cluster
without the Gateway API, it is missing at first.
https://kubernetes.io/docs/concepts/storage/persistent-volumes/#cross-namespace-data-sources
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from kube import resources
from kube.client import Client
from kube.errors import NotFound
from kube.resources import Resource
from policy.datasources import CLAIM
from policy.shapes import Json, text
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from . import needs
from .world import World

CURRENT, EARLIER = resources.REFERENCE_GRANTS
KIND: Final = f"{CURRENT.plural}.{CURRENT.group}"
DATA: Final = "somebody's data"


@dataclass(frozen=True)
class Shelf:
    """A bound claim with data in a namespace of its own, and the claims in others that ask for a copy of it."""

    world: World
    namespace: str
    name: str

    def grant(self, to: str, *, of: Json | None = None, **given: str) -> None:
        """Let claims of the namespace `to` refer to all of this one's claims; `given` and `of` are laid over `from` and
        `to`.
        """
        claims = dict(zip(("group", "kind"), CLAIM, strict=True))
        spec = {"from": [{**claims, "namespace": to, **given}], "to": [{**claims, **(of or {})}]}
        served = next(each for each in resources.REFERENCE_GRANTS if is_served(self.world.admin, each))
        metadata = {"name": self.world.name(), "namespace": self.namespace}
        obj = {"apiVersion": served.api_version, "kind": served.kind, "metadata": metadata, "spec": spec}
        self.world.admin.create(served, obj)

    def ask(self, namespace: str) -> Json:
        """Make a claim in a namespace that is to be a copy."""
        source = {"kind": CLAIM[1], "name": self.name, "namespace": self.namespace}
        claim = self.world.claim(namespace, storageClassName="nfs", dataSourceRef=source)
        return self.world.admin.create(resources.CLAIMS, claim)

    def see_copied(self, claim: Json) -> None:
        """Return when a claim is bound, to a volume with the data in it."""
        needs.wait_until_bound(self.world, claim)
        assert (directory(self.world, claim) / "data").read_text() == DATA

    def see_refused(self, claim: Json, why: str) -> None:
        """Return when a claim's author has been told why, and see that there is neither a volume nor a directory."""
        admin, name, namespace = self.world.admin, claim["metadata"]["name"], claim["metadata"]["namespace"]

        def told() -> list[str]:
            events = admin.list(resources.EVENTS, namespace, field_selector=f"involvedObject.name={name}").items
            return [each["message"] for each in events if each["reason"] == "ProvisioningFailed"]

        wait_for("its author to be told", lambda: any(why in each for each in told()), WITHIN)
        assert text(admin.get(resources.CLAIMS, name, namespace), "status", "phase") == "Pending"
        with pytest.raises(NotFound):
            admin.get(resources.VOLUMES, f"pvc-{claim['metadata']['uid']}")
        assert not list(self.world.product.bed.export.root.glob(f"{namespace}-*"))


def directory(world: World, claim: Json) -> Path:
    """Where a bound claim's data lies."""
    name, namespace = claim["metadata"]["name"], claim["metadata"]["namespace"]
    volume = text(world.admin.get(resources.CLAIMS, name, namespace), "spec", "volumeName") or ""
    path = world.admin.get(resources.VOLUMES, volume)["spec"]["nfs"]["path"]
    return world.product.bed.export.root / path.rsplit("/", 1)[1]


def is_served(admin: Client, version: Resource) -> bool:
    """Whether the API has ReferenceGrants in this version."""
    try:
        admin.list(version, "default")
    except NotFound:
        return False
    return True


def definition(*served: Resource) -> Json:
    """ReferenceGrants in these versions, with no more of their schema than a `spec`. Stored is the earlier one, as the
    Gateway API does it.
    """

    def version(of: Resource) -> Json:
        free: Json = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        spec = {"type": "object", "properties": {"spec": free}}
        own = {"served": of in served, "storage": of == EARLIER}
        return {"name": of.version, "schema": {"openAPIV3Schema": spec}, **own}

    names = {"plural": CURRENT.plural, "singular": CURRENT.kind.lower(), "kind": CURRENT.kind}
    spec = {"group": CURRENT.group, "scope": "Namespaced", "names": names}
    # Groups of this name are the Kubernetes project's own: https://github.com/kubernetes/enhancements/pull/1111
    head = {"name": KIND, "annotations": {"api-approved.kubernetes.io": "unapproved, for tests"}}
    versions = [version(each) for each in resources.REFERENCE_GRANTS]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": head,
        "spec": {**spec, "versions": versions},
    }


def serve(world: World, *versions: Resource) -> None:
    """Have the API serve the kind in these versions; return when it does."""
    world.product.bed.kubectl.apply(definition(*versions))
    for each in resources.REFERENCE_GRANTS:
        wanted = each in versions
        wait_for(f"{each.version}: {wanted}", lambda of=each, so=wanted: is_served(world.admin, of) is so, WITHIN)


@pytest.fixture(scope="module")
def shelf(world: World) -> Shelf:
    """The claim whose data others would like to have."""
    world.settle()
    claim = world.admin.create(resources.CLAIMS, world.claim(world.namespace(opted_in=True), storageClassName="nfs"))
    needs.wait_until_bound(world, claim)
    (directory(world, claim) / "data").write_text(DATA)
    return Shelf(world, claim["metadata"]["namespace"], claim["metadata"]["name"])


@pytest.fixture(scope="module")
def gateway_api(world: World) -> Iterator[None]:
    """The API has the kind, in both versions."""
    serve(world, CURRENT, EARLIER)
    yield
    world.product.bed.kubectl("delete", "crd", KIND)


@pytest.fixture
def others(world: World) -> str:
    """The namespace of those who would like to have it."""
    return world.namespace(opted_in=True)


def test_a_claim_goes_on_by_itself_once_it_is_granted_though_the_cluster_did_not_even_know_the_kind(
    shelf: Shelf, others: str, request: pytest.FixtureRequest
) -> None:
    claim = shelf.ask(others)
    shelf.see_refused(claim, "this cluster has no ReferenceGrants")

    request.getfixturevalue("gateway_api")
    shelf.grant(others)

    shelf.see_copied(claim)


@pytest.mark.usefixtures("gateway_api")
@pytest.mark.parametrize(
    "given",
    [
        pytest.param(None, id="none"),
        pytest.param({"namespace": "default"}, id="to another namespace"),
        pytest.param({"kind": "Pod"}, id="to another kind"),
        pytest.param({"group": "example.com"}, id="to another group"),
        pytest.param({"of": {"kind": "Secret"}}, id="of another kind"),
        pytest.param({"of": {"name": "another"}}, id="of another claim"),
    ],
)
def test_without_the_right_grant_a_claim_is_refused_and_gets_no_empty_volume(
    shelf: Shelf, others: str, given: dict[str, Any] | None
) -> None:
    if given is not None:
        shelf.grant(others, **given)

    claim = shelf.ask(others)

    shelf.see_refused(claim, f"no ReferenceGrant there lets claims of namespace {others} refer to it")


@pytest.mark.usefixtures("gateway_api")
@pytest.mark.parametrize("served", resources.REFERENCE_GRANTS, ids=lambda each: each.version)
def test_a_grant_counts_in_whichever_version_the_cluster_has(shelf: Shelf, others: str, served: Resource) -> None:
    serve(shelf.world, served)
    shelf.grant(others, of={"name": shelf.name})

    claim = shelf.ask(others)

    shelf.see_copied(claim)
