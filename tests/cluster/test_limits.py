"""What a namespace may ask for: kept by the controller, enforced by the real API server."""

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from kube import resources
from kube.client import Client
from kube.errors import Forbidden, NotFound, TooManyRequests
from kube.resources import Resource
from policy import keys
from policy.quotas import claims_of, storage_of
from policy.shapes import Json, mapping, text
from testbed.kubectl import Kubectl
from testbed.product.product import Running
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .conftest import MakeNamespace
from .installation import CONTACT, HEALER, INERT, LIMITED, Installation, wait_leading
from .objects import whole_claim
from .ways import is_put_off, run_kubectl

QUOTA, RANGE = resources.RESOURCE_QUOTAS, resources.LIMIT_RANGES
GOLD = "inert-gold"

Limited = Callable[..., str]
_numbers = count()


@pytest.fixture
def limited(make_team: MakeNamespace, client: Client) -> Limited:
    """Make a namespace of the profile LIMITED, with these labels over it; returns its name when its quota holds."""

    def make(**labels: str) -> str:
        team = make_team(LIMITED, {f"{keys.GROUP}/{name.replace('_', '-')}": value for name, value in labels.items()})
        wait_for("its quota to be in force", lambda: mapping(read(client, QUOTA, team), "status", "used"), WITHIN)
        wait_for("the webhook to know", lambda: not is_put_off(client, whole_claim("tried", team)), WITHIN)
        return team

    return make


def read(client: Client, kind: Resource, namespace: str) -> Json:
    """The object called as ours are; an empty one where there is none."""
    try:
        return client.get(kind, keys.LIMITS, namespace)
    except NotFound:
        return {}


def hard(client: Client, namespace: str) -> Mapping[str, str]:
    """What the quota says, and holds everybody to."""
    quota = read(client, QUOTA, namespace)
    said, held = mapping(quota, "spec", "hard"), mapping(quota, "status", "hard")
    return said if said == held else {}


def claim(client: Client, namespace: str, size: str = "1Gi", storage_class: str | None = None) -> Json:
    """Create a claim."""
    spec = {"resources": {"requests": {"storage": size}}}
    own = {"storageClassName": storage_class} if storage_class else {}
    return client.create(resources.CLAIMS, whole_claim(f"c{next(_numbers)}", namespace, **spec, **own))


def told(client: Client, namespace: str, reason: str) -> list[Json]:
    """The Events of a reason on the namespace itself, written in it."""
    found = client.list(resources.EVENTS, namespace, field_selector="involvedObject.kind=Namespace").items
    return [event for event in found if event["reason"] == reason]


def wait_told(client: Client, namespace: str, reason: str) -> str:
    """What the Event of that reason says, once there is one."""
    (event, *_) = wait_for(f"{reason} to be told", lambda: told(client, namespace, reason), WITHIN)
    return text(event, "message") or ""


def relabel(client: Client, namespace: str, **labels: str | None) -> None:
    """Change labels of a namespace that are ours."""
    own = {f"{keys.GROUP}/{name.replace('_', '-')}": value for name, value in labels.items()}
    client.patch(resources.NAMESPACES, namespace, {"metadata": {"labels": own}}, type="merge")


def test_the_api_server_counts_sizes_and_says_quota_and_numbers(client: Client, limited: Limited) -> None:
    team = limited()
    claim(client, team, "8Gi")
    with pytest.raises(Forbidden) as refused:
        claim(client, team, "3Gi")
    said = refused.value.message
    assert "exceeded quota: nfs-steward" in said
    assert (
        f"requested: {storage_of(INERT)}=3Gi, used: {storage_of(INERT)}=8Gi, limited: {storage_of(INERT)}=10Gi" in said
    )
    claim(client, team, "2Gi")
    assert CONTACT in wait_told(client, team, "LimitsSet")


def test_it_counts_claims(client: Client, limited: Limited) -> None:
    team = limited(max_claims="2")
    for _ in range(2):
        claim(client, team)
    with pytest.raises(Forbidden, match=f"{claims_of(INERT)}=2"):
        claim(client, team)


@pytest.mark.parametrize("size", [pytest.param("9Gi", id="too large"), pytest.param("1Ki", id="too small")])
def test_no_claim_is_larger_or_smaller_than_it_may_be(client: Client, limited: Limited, size: str) -> None:
    team = limited()
    with pytest.raises(Forbidden, match=r'webhook "claims\.nfs-steward\.io" denied') as refused:
        claim(client, team, size)
    assert f"the claim asks for {size}; the " in refused.value.message
    assert refused.value.message.endswith(f"For another size, ask {CONTACT}.")
    wait_for("its LimitRange", lambda: read(client, RANGE, team), WITHIN)
    bounds = {"min": {"storage": "1Mi"}, "max": {"storage": "8Gi"}}
    assert read(client, RANGE, team)["spec"]["limits"] == [{"type": "PersistentVolumeClaim", **bounds}]


@pytest.mark.usefixtures("installation")
def test_no_claim_gets_in_between_the_label_and_the_quota(
    make_namespace: MakeNamespace, kubectl: Kubectl, client: Client
) -> None:
    team = make_namespace()
    labels = {keys.INJECT: keys.INJECT_ENABLED, keys.PROFILE: LIMITED, keys.MAX_CLAIMS: "2"}
    kubectl("label", "namespace", team, *(f"{key}={value}" for key, value in labels.items()))
    said = run_kubectl(kubectl, "create", "-f", "-", objects=[whole_claim(f"c{n}", team) for n in range(3)])
    assert "exceeded quota: nfs-steward" in said.errors
    assert len(list(client.list(resources.CLAIMS, team).items)) == 2


def test_no_other_class_is_the_way_round(client: Client, limited: Limited) -> None:
    team = limited()
    with pytest.raises(Forbidden, match=f"limited: {storage_of('nfs')}=0"):
        claim(client, team, "1Mi", "nfs")
    claim(client, team, "5Gi", GOLD)
    with pytest.raises(Forbidden, match=f"{storage_of(GOLD)}=5Gi"):
        claim(client, team, "1Gi", GOLD)


def test_of_fifty_claims_at_once_just_those_get_in_that_fit(client: Client, limited: Limited) -> None:
    team = limited(max_claims="10", quota="100Gi")
    barrier = threading.Barrier(50)

    def attempt(_number: int) -> str:
        barrier.wait()
        while True:
            try:
                claim(client, team)
            except TooManyRequests:  # one of the webhook's workers has not heard of the quota yet
                continue
            except Forbidden as refused:
                return refused.message
            return "created"

    with ThreadPoolExecutor(50) as people:
        outcomes = list(people.map(attempt, range(50)))
    assert outcomes.count("created") == 10
    assert sum("exceeded quota: nfs-steward" in outcome for outcome in outcomes) == 40
    assert len(list(client.list(resources.CLAIMS, team).items)) == 10


def test_labels_change_what_holds_and_that_is_told(client: Client, limited: Limited) -> None:
    team = limited()
    relabel(client, team, quota="30Gi", max_claim="20Gi")
    wait_for("the new quota to hold", lambda: hard(client, team).get(storage_of(INERT)) == "30Gi", WITHIN)
    claim(client, team, "20Gi")
    wait_for("that to be told", lambda: len(told(client, team, "LimitsSet")) == 2, WITHIN)
    assert any("30Gi of class inert" in event["message"] for event in told(client, team, "LimitsSet"))
    assert not told(client, team, "LimitsPutBack")


@pytest.mark.parametrize("kind", [QUOTA, RANGE], ids=lambda kind: kind.kind)
def test_what_somebody_takes_away_is_there_again(client: Client, limited: Limited, kind: Resource) -> None:
    team = limited()
    wait_for("both", lambda: read(client, RANGE, team) and read(client, QUOTA, team), WITHIN)
    client.delete(kind, keys.LIMITS, team)
    wait_for("it to be there again", lambda: read(client, kind, team), WITHIN)
    assert f"The {kind.kind} nfs-steward was gone" in wait_told(client, team, "LimitsPutBack")


def test_what_somebody_changes_by_hand_is_put_back_and_said(client: Client, limited: Limited) -> None:
    team = limited()
    change = {"spec": {"hard": {storage_of(INERT): "900Gi", "pods": "1"}}}
    client.patch(QUOTA, keys.LIMITS, change, team, type="merge")
    said = wait_told(client, team, "LimitsPutBack")
    assert f"{storage_of(INERT)} was 900Gi and is 10Gi again" in said
    assert "hard.pods was 1 and is gone again" in said
    assert "pods" not in read(client, QUOTA, team)["spec"]["hard"]


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"hard": {"pods": "7"}}, id="of another kind"),
        pytest.param({"hard": {"pods": "7"}, "scopes": ["NotTerminating"]}, id="with scopes, which nobody can change"),
    ],
)
def test_what_has_our_name_in_an_opted_in_namespace_becomes_ours(
    client: Client, make_namespace: MakeNamespace, spec: Json
) -> None:
    team = make_namespace()
    client.create(QUOTA, foreign(team, spec))
    relabel(client, team, inject=keys.INJECT_ENABLED, profile=LIMITED)
    wait_for("our quota", lambda: hard(client, team).get(storage_of(INERT)) == "10Gi", WITHIN)
    assert read(client, QUOTA, team)["metadata"]["labels"] == {keys.MANAGED_BY: keys.MANAGED_BY_US}
    assert '"pods":"7"' in wait_told(client, team, "LimitsTakenOver")


def foreign(namespace: str, spec: Json) -> Json:
    """A quota of our name that is somebody else's."""
    metadata = {"name": keys.LIMITS, "namespace": namespace, "labels": {keys.MANAGED_BY: "Helm"}}
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": spec}


def test_opting_out_removes_ours_and_leaves_others(
    client: Client, limited: Limited, make_namespace: MakeNamespace
) -> None:
    team, others = limited(), make_namespace()
    client.create(QUOTA, foreign(others, {"hard": {"pods": "7"}}))
    relabel(client, team, inject=None)
    wait_for("both to be gone", lambda: not read(client, QUOTA, team) and not read(client, RANGE, team), WITHIN)
    assert "not opted in any more" in wait_told(client, team, "LimitsLifted")
    assert read(client, QUOTA, others)["spec"] == {"hard": {"pods": "7"}}


def test_less_than_is_used_already_deletes_nothing_and_says_both_numbers(client: Client, limited: Limited) -> None:
    team = limited()
    for size in ("4Gi", "3Gi"):
        claim(client, team, size)
    relabel(client, team, quota="5Gi")
    said = wait_told(client, team, "QuotaBelowUse")
    assert f"Claims of class {INERT} ask for 7Gi of 5Gi" in said
    assert CONTACT in said
    with pytest.raises(Forbidden, match="exceeded quota"):
        claim(client, team, "1Mi")
    assert len(list(client.list(resources.CLAIMS, team).items)) == 2


def test_claims_that_were_there_before_stay_and_are_told_of(
    client: Client, make_namespace: MakeNamespace, installation: Installation
) -> None:
    team = make_namespace()
    claim(client, team, "2Gi", GOLD)
    relabel(client, team, inject=keys.INJECT_ENABLED, profile=INERT, quota="5Gi")
    assert f"Claims of class {GOLD} ask for 2Gi of 0" in wait_told(client, team, "QuotaBelowUse")
    assert len(list(client.list(resources.CLAIMS, team).items)) == 1


def test_use_that_comes_near_its_end_is_told_once_also_by_the_next_process(
    client: Client, limited: Limited, installation: Installation
) -> None:
    team = limited()
    claim(client, team, "8Gi")
    said = wait_told(client, team, "QuotaNearlyUsed")
    assert f"Claims of class {INERT} ask for 8Gi of 10Gi (80 %)" in said
    with installation.without(HEALER):
        pass
    claim(client, team, "2Gi")
    assert "10Gi of 10Gi (100 %)" in wait_told(client, team, "QuotaUsedUp")
    (event,) = told(client, team, "QuotaNearlyUsed")
    assert event["count"] == 1


@pytest.fixture
def second(installation: Installation) -> Iterator[Running]:
    """Another controller for the cluster, to take the place of the usual one; in the end all is as before."""
    running = installation.product.start_controller("--cluster")
    running.wait_ready()
    yield running
    running.process.stop()
    installation.start(HEALER)


def test_of_two_controllers_one_keeps_the_limits_whichever_it_is(
    client: Client, limited: Limited, installation: Installation, second: Running
) -> None:
    team = limited()
    wait_told(client, team, "LimitsSet")  # or it might be lost with the one that stops, which tells it when it can
    installation.programs[HEALER].process.stop()
    wait_leading(second)
    client.patch(QUOTA, keys.LIMITS, {"spec": {"hard": {storage_of(INERT): "1Ti"}}}, team, type="merge")
    assert "was 1Ti and is 10Gi again" in wait_told(client, team, "LimitsPutBack")
    assert [event["count"] for event in told(client, team, "LimitsPutBack")] == [1]
    assert [event["count"] for event in told(client, team, "LimitsSet")] == [1]


def test_labels_that_cannot_be_read_are_warned_of_in_both_places_and_never_mean_no_limit(
    client: Client, kubectl: Kubectl, limited: Limited
) -> None:
    team = limited(quota="lots", max_claims="many", min_claim="1GB", max_claim="huge")
    unreadable = {keys.QUOTA: "lots", keys.MAX_CLAIMS: "many", keys.MIN_CLAIM: "1GB", keys.MAX_CLAIM: "huge"}
    wanted = {f"label {key}: '{value}' is ignored" for key, value in unreadable.items()}

    created = run_kubectl(kubectl, "create", "--filename=-", objects=[whole_claim("data", team)])

    assert {warning.partition(": it ")[0] for warning in created.warnings} == wanted
    wait_for("an Event for each", lambda: len(told(client, team, "LabelIgnored")) == len(wanted), WITHIN)
    messages = (text(event, "message") or "" for event in told(client, team, "LabelIgnored"))
    assert {message.partition(": it ")[0] for message in messages} == wanted
    held = hard(client, team)
    assert (held[storage_of(INERT)], held[claims_of(INERT)]) == ("10Gi", "20")
    with pytest.raises(Forbidden, match="the largest size in namespace"):
        claim(client, team, "9Gi")


def test_a_claim_outside_of_new_sizes_stays_and_kubernetes_lets_nobody_change_it(
    client: Client, limited: Limited
) -> None:
    team = limited()
    name = claim(client, team, "4Gi")["metadata"]["name"]
    relabel(client, team, max_claim="2Gi")

    def refusal() -> str:
        try:
            client.patch(resources.CLAIMS, name, {"metadata": {"labels": {"a": "b"}}}, team, type="merge")
        except Forbidden as refused:
            return refused.message
        return ""

    said = wait_for("the new LimitRange to hold", refusal, WITHIN)
    assert "maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 4Gi" in said
    client.delete(resources.CLAIMS, name, team)
    wait_for("it to be gone all the same", lambda: not list(client.list(resources.CLAIMS, team).items), WITHIN)
