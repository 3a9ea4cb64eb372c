"""From when a namespace is opted in no claim escapes its quota: those that come before there is one wait for it.

No controller makes quotas here: each test does, when it wants to.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from kube import resources
from kube.client import Client
from kube.errors import Forbidden, TooManyRequests
from policy import keys
from policy.load import load_policy
from policy.profiles import settings_for
from policy.quotas import claims_of, hard_limits
from policy.shapes import Json, mapping
from testbed.kubectl import Kubectl
from testbed.waiting import wait_for
from tests.waiting import WITHIN, eventually

from .conftest import MakeNamespace
from .installation import HEALER, INERT, STANDARD, Installation
from .objects import MODES, NOWHERE, SIZE, pod, template, whole_claim
from .ways import is_put_off, run_kubectl

MOST = 3
OPT_IN = {
    keys.INJECT: keys.INJECT_ENABLED,
    keys.PROFILE: INERT,
    keys.QUOTA: "100Gi",
    keys.MAX_CLAIMS: str(MOST),
    keys.MAX_CLAIM: "5Gi",
}

PutInForce = Callable[[str], None]


@pytest.fixture(scope="module", autouse=True)
def nobody_makes_quotas(installation: Installation) -> Iterator[None]:
    """The controller that would make them is stopped."""
    with installation.without(HEALER):
        yield


@pytest.fixture
def put_in_force(installation: Installation, client: Client) -> PutInForce:
    """Make the quota that the controller would make in a namespace."""
    policy = load_policy(installation.product.policy_file.read_text(), "policy.yaml")

    def make(namespace: str) -> None:
        settings = settings_for(policy, namespace, OPT_IN)
        assert settings is not None
        metadata = {"name": keys.LIMITS, "namespace": namespace, "labels": {keys.MANAGED_BY: keys.MANAGED_BY_US}}
        head = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata}
        client.create(resources.RESOURCE_QUOTAS, {**head, "spec": {"hard": dict(hard_limits(settings))}})

    return make


@pytest.fixture
def team(make_namespace: MakeNamespace, kubectl: Kubectl, client: Client) -> str:
    """A namespace that was opted in this moment, of which the API server has just heard."""
    name = make_namespace()
    kubectl("label", "namespace", name, *(f"{key}={value}" for key, value in OPT_IN.items()))
    wait_for("the API server to ask about it", lambda: is_put_off(client, whole_claim("tried", name)), WITHIN)
    return name


def claims(client: Client, namespace: str) -> set[str]:
    return {claim["metadata"]["name"] for claim in client.list(resources.CLAIMS, namespace).items}


def put_off(installation: Installation) -> float:
    """How often the webhook has put off a claim."""
    return installation.reviews("PersistentVolumeClaim", outcome="postponed")


def test_kubectl_create_right_after_the_label_succeeds_as_soon_as_the_quota_is_in_force(
    installation: Installation, client: Client, kubectl: Kubectl, team: str, put_in_force: PutInForce
) -> None:
    before = put_off(installation)
    with ThreadPoolExecutor() as pool:
        creating = pool.submit(run_kubectl, kubectl, "create", "-f", "-", objects=[whole_claim("first", team)])
        eventually(lambda: put_off(installation) > before)
        assert claims(client, team) == set()
        put_in_force(team)
        said = creating.result()
    assert (said.status, said.errors) == (0, "")
    assert claims(client, team) == {"first"}
    assert counted(client, team) == "1"


def counted(client: Client, namespace: str) -> object:
    """How many claims the quota has counted."""
    quota = client.get(resources.RESOURCE_QUOTAS, keys.LIMITS, namespace)
    return mapping(quota, "status", "used").get(claims_of(INERT))


def test_a_rush_of_claims_at_the_moment_of_opting_in_gets_exactly_what_the_quota_allows(
    installation: Installation, client: Client, team: str, put_in_force: PutInForce
) -> None:
    rush, before = 5 * MOST, put_off(installation)
    with ThreadPoolExecutor(rush) as pool:
        creating = [pool.submit(create_patiently, client, whole_claim(f"c{n}", team)) for n in range(rush)]
        eventually(lambda: put_off(installation) >= before + rush)
        put_in_force(team)
        refusals = [each.result() for each in creating]
    assert len(claims(client, team)) == MOST
    assert all("exceeded quota: nfs-steward" in refusal for refusal in refusals if refusal)
    assert refusals.count("") == MOST


def create_patiently(client: Client, claim: Json) -> str:
    """Create a claim as kubectl and controllers do; why it was refused, empty where it was not."""
    while True:
        try:
            client.create(resources.CLAIMS, claim)
        except TooManyRequests:
            time.sleep(0.1)
        except Forbidden as refused:
            return str(refused)
        else:
            return ""


def test_the_claim_of_an_ephemeral_volume_waits_as_well(
    installation: Installation, client: Client, team: str, put_in_force: PutInForce
) -> None:
    before = put_off(installation)
    client.create(resources.PODS, pod("web", team, template(**SIZE, **MODES), nodeSelector=NOWHERE))
    eventually(lambda: put_off(installation) > before)
    assert claims(client, team) == set()
    put_in_force(team)
    eventually(lambda: claims(client, team) == {"web-v0"})


def test_who_waits_in_vain_reads_for_what(client: Client, team: str) -> None:
    with pytest.raises(TooManyRequests) as caught:
        client.create(resources.CLAIMS, whole_claim("a", team))
    assert caught.value.retry_after == 1
    for told in ("claims.nfs-steward.io", f"ResourceQuota {keys.LIMITS} of namespace {team}", "controller"):
        assert told in caught.value.message


def test_what_no_quota_will_count_does_not_wait(client: Client, team: str) -> None:
    assert not is_put_off(client, whole_claim("a", team, storageClassName=STANDARD))


def test_a_claim_of_another_size_is_refused_before_there_is_a_limit_range(client: Client, team: str) -> None:
    large = whole_claim("a", team, storageClassName=STANDARD, resources={"requests": {"storage": "6Gi"}})
    with pytest.raises(Forbidden, match="the largest size in namespace"):
        client.create(resources.CLAIMS, large)
