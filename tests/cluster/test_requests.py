"""Which requests reach the webhook, what they leave behind, and how it gets on with other webhooks."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from kube import resources
from kube.client import Client
from kube.errors import Forbidden, NotFound
from policy import keys
from policy.gates import export_gate
from policy.shapes import Json, annotations, mapping
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .conftest import MakeNamespace, SetDefault
from .installation import INERT, STANDARD, Installation
from .objects import DEAD, MODES, NOWHERE, SIZE, SLOW, gates, nfs, pod, template, volume, whole_claim
from .other_webhook import Mutate, OtherWebhook, other_webhook
from .recording import recording

ANNOTATE = [{"op": "add", "path": "/metadata/annotations/other", "value": "was here"}]
RESOURCES = {"Pod": resources.PODS, "PersistentVolume": resources.VOLUMES, "PersistentVolumeClaim": resources.CLAIMS}
TIMES = 3


def try_out(client: Client, obj: Json, namespace: str | None = None) -> Json:
    """What the API server would make of an object."""
    return client.create(RESOURCES[obj["kind"]], obj, namespace, dry_run=True)


def reviews_of(installation: Installation, client: Client, obj: Json, namespace: str | None = None) -> float:
    """How many reviews it takes to try an object out: the fewest of some times, as others of its kind may be reviewed
    meanwhile, such as the claim that Kubernetes has owed to a Pod since the webhook was away.
    """

    def taken() -> float:
        before = installation.reviews(obj["kind"])
        try_out(client, obj, namespace)
        return installation.reviews(obj["kind"]) - before

    return min(taken() for _ in range(TIMES))


@pytest.mark.parametrize(
    "obj",
    [
        pytest.param(pod("a"), id="a Pod without volumes"),
        pytest.param(pod("a", None, {"emptyDir": {}}), id="a Pod with neither NFS nor a claim"),
        pytest.param(
            volume("a", {"hostPath": {"path": "/x"}}, reserved_for=("TEAM", "a")), id="another kind of volume"
        ),
        pytest.param(volume("a", nfs("x")), id="a volume for nobody"),
        pytest.param(volume("a", nfs("x"), reserved_for=("TEAM", "a"), mountOptions=["hard"]), id="options set"),
    ],
)
def test_what_cannot_concern_it_never_reaches_the_webhook(
    installation: Installation, client: Client, team: str, obj: Json
) -> None:
    if "claimRef" in obj["spec"]:
        obj = {**obj, "spec": {**obj["spec"], "claimRef": {"namespace": team, "name": "a"}}}
    assert reviews_of(installation, client, obj, team if obj["kind"] == "Pod" else None) == 0


@pytest.mark.parametrize(
    "obj",
    [
        pytest.param(whole_claim("a"), id="a claim"),
        pytest.param(pod("a", None, nfs("x")), id="a Pod with an inline volume"),
        pytest.param(pod("a", None, template(**SIZE, **MODES)), id="a Pod with a template"),
        pytest.param(pod("a", None, {"persistentVolumeClaim": {"claimName": "a"}}), id="a Pod with a claim"),
        pytest.param(volume("a", nfs("x"), reserved_for=("TEAM", "a")), id="a volume"),
    ],
)
def test_what_may_concern_it_reaches_the_webhook_from_opted_in_namespaces_only(
    installation: Installation, client: Client, team: str, namespace: str, obj: Json
) -> None:
    if obj["kind"] == "PersistentVolume":  # is in no namespace: the webhook itself looks at the one of its claim
        obj["spec"]["claimRef"]["namespace"] = team
        assert reviews_of(installation, client, obj) == 1
    else:
        assert reviews_of(installation, client, obj, namespace) == 0
        assert reviews_of(installation, client, obj, team) == 1


def test_a_dry_run_leaves_no_trace(installation: Installation, client: Client, team: str, export_root: Path) -> None:
    reserved = volume(f"{team}-tried", nfs(f"{team}/static"), reserved_for=(team, "tried"))
    with (
        recording(client, resources.PODS, team) as pods,
        recording(client, resources.CLAIMS, team) as claims,
        recording(client, resources.EVENTS, team) as events,
    ):
        for obj in (whole_claim("tried", team), pod("tried", team, nfs(f"{team}/inline")), reserved):
            assert keys.FILLED in annotations(try_out(client, obj))
        # What comes after it goes the same way through the watches: once that has ended, nothing else is to come.
        client.create(resources.PODS, pod("real", team, nfs(f"{team}/real"), nodeSelector=NOWHERE))
        events.wait_for(
            "the Event about it", lambda now: "GateLifted" in {each["reason"] for each in now.values()}, WITHIN
        )
    assert {change.object["metadata"]["name"] for change in pods.seen} == {"real"}
    assert claims.seen == []
    assert {change.object["involvedObject"]["name"] for change in events.seen} == {"real"}
    assert [path.name for path in (export_root / team).iterdir()] == ["real"]
    with pytest.raises(NotFound):
        client.get(resources.VOLUMES, f"{team}-tried")


Beside = Callable[[str, Mutate], AbstractContextManager[OtherWebhook]]


@pytest.fixture
def beside(client: Client, inert_team: str, tmp_path: Path) -> Beside:
    """Have another webhook called in `inert_team` as well; within its block, it is."""

    def run(name: str, mutate: Mutate) -> Iterator[OtherWebhook]:
        with other_webhook(client, name, inert_team, mutate, tmp_path) as other:
            wait_for("the other webhook to be called", lambda: called(other), WITHIN)
            other.asked.clear()
            yield other

    def called(other: OtherWebhook) -> bool:
        try_out(client, whole_claim("tried", inert_team))
        return bool(other.asked)

    return contextmanager(run)


def set_class(name: str) -> Mutate:
    def mutate(obj: Json) -> list[Json]:
        if obj["kind"] != "PersistentVolumeClaim":
            return []
        return [{"op": "add", "path": "/spec/storageClassName", "value": name}]

    return mutate


BEFORE, AFTER = "a-neighbour", "z-neighbour"
"""Mutating webhooks are called in the order of their configurations' names; ours is called nfs-steward."""


@pytest.mark.parametrize("default", [None, STANDARD])
def test_a_class_from_a_webhook_before_ours_stays(
    beside: Beside, client: Client, inert_team: str, set_default_class: SetDefault, default: str | None
) -> None:
    set_default_class(default)
    try:
        with beside(BEFORE, set_class("theirs")) as other:
            made = try_out(client, whole_claim("a", inert_team))
    finally:
        set_default_class(None)
    assert mapping(other.asked[0], "spec").get("storageClassName") == default
    assert made["spec"]["storageClassName"] == "theirs"
    assert keys.FILLED not in annotations(made)


def test_a_class_that_a_webhook_behind_ours_replaces_stays_replaced_though_ours_is_asked_again(
    beside: Beside, client: Client, inert_team: str, installation: Installation
) -> None:
    with beside(AFTER, set_class("theirs")) as other:
        made = try_out(client, whole_claim("a", inert_team))
        assert reviews_of(installation, client, whole_claim("a", inert_team)) == 2
    assert other.asked[0]["spec"]["storageClassName"] == INERT
    assert made["spec"]["storageClassName"] == "theirs"
    assert annotations(made)[keys.FILLED] == "spec.storageClassName"


@pytest.mark.parametrize("name", [BEFORE, AFTER])
def test_what_another_webhook_adds_and_what_ours_fills_in_stand_side_by_side(
    beside: Beside, client: Client, inert_team: str, name: str
) -> None:
    marked = pod("a", inert_team, nfs("x", DEAD), meta={"annotations": {"own": "mark"}})
    with beside(name, lambda obj: ANNOTATE if obj["kind"] == "Pod" else []):
        made = try_out(client, marked)
    assert (
        annotations(made).items() >= {"own": "mark", "other": "was here", keys.FILLED: "spec.schedulingGates"}.items()
    )
    assert gates(made) == [keys.DIRECTORY_GATE]


def test_a_volume_that_a_webhook_before_ours_adds_is_waited_for(
    beside: Beside, client: Client, inert_team: str
) -> None:
    added = [{"op": "add", "path": "/spec/volumes/-", "value": {"name": "added", **nfs("x", DEAD)}}]
    with beside(BEFORE, lambda obj: added if obj["kind"] == "Pod" else []):
        made = try_out(client, pod("a", inert_team, {"emptyDir": {}}))
    assert gates(made) == [keys.DIRECTORY_GATE]


def test_a_volume_on_a_second_export_that_a_webhook_behind_ours_adds_is_waited_for_as_well(
    beside: Beside, client: Client, inert_team: str
) -> None:
    added = [{"op": "add", "path": "/spec/volumes/-", "value": {"name": "added", **nfs("x", SLOW)}}]
    with beside(AFTER, lambda obj: added if obj["kind"] == "Pod" and len(obj["spec"]["volumes"]) == 1 else []):
        made = try_out(client, pod("a", inert_team, nfs("x", DEAD), automountServiceAccountToken=False))
    assert gates(made) == [keys.DIRECTORY_GATE, export_gate("dead"), export_gate("slow")]
    assert annotations(made)[keys.FILLED] == "spec.schedulingGates"


def test_a_volume_that_a_webhook_behind_ours_adds_to_a_pod_of_no_concern_is_not_waited_for(
    beside: Beside, client: Client, inert_team: str
) -> None:
    """Only webhooks that were asked before are asked again: such a Pod waits on its node, until the kubelet retries."""
    added = [{"op": "add", "path": "/spec/volumes/-", "value": {"name": "added", **nfs("x", DEAD)}}]
    with beside(AFTER, lambda obj: added if obj["kind"] == "Pod" else []):
        made = try_out(client, pod("a", inert_team, {"emptyDir": {}}))
    assert any("nfs" in volume for volume in made["spec"]["volumes"])
    assert gates(made) == []


def test_a_volume_that_a_webhook_behind_ours_adds_is_refused_where_volumes_are(
    client: Client, make_team: MakeNamespace, tmp_path: Path
) -> None:
    team = make_team("deny")
    added = [{"op": "add", "path": "/spec/volumes/-", "value": {"name": "added", **nfs("x", DEAD)}}]

    def refusal() -> str | None:
        try:
            try_out(client, pod("a", team, {"emptyDir": {}}))
        except Forbidden as refused:
            return refused.message
        return None

    assert refusal() is None
    with other_webhook(client, AFTER, team, lambda _: added, tmp_path):
        said = wait_for("the other webhook to be called", refusal, WITHIN)
    assert "refusals.nfs-steward.io" in said
    assert "volume added" in said
