"""Leaving a cluster whose API server fails, and where others are at work at the same time."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from controller.removal import Installation, Removal, Step
from kube.client import Client
from kube.connection import connect

from .conftest import PODS, VOLUMES, ApiServer

CONFIGURATION = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/nfs-steward"
CHECK = "/apis/batch/v1/namespaces/storage/jobs/nfs-steward-policy-check"
TEST = "/api/v1/namespaces/storage/pods/nfs-steward-test"
SECRET = "/api/v1/namespaces/storage/secrets/tls"
DEPLOYMENTS = "/apis/apps/v1/namespaces/storage/deployments"
CONTROLLERS = {"nfs-steward-cluster": "cluster", "nfs-steward-export-main": "export"}
TIMEOUT = 60.0


@dataclass
class Clock:
    """Time passes only while somebody waits; `waited` is told of that."""

    seconds: float = 0.0
    waited: Callable[[], object] = field(default=lambda: None)

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.seconds += seconds
        self.waited()
        return event.is_set()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(api: ApiServer, kubeconfig: Path) -> Iterator[Client]:
    client = connect(kubeconfig)
    yield client
    client.close()


@pytest.fixture
def removed(api: ApiServer, client: Client, clock: Clock) -> Callable[[], dict[str, Step]]:
    """Removes an installation with a Pod that waits, a volume that is held and hooks that have failed; the steps by the
    name of the object.
    """
    for path in (CONFIGURATION, CHECK, TEST, SECRET):
        api.put(path, {})
    for name in (*CONTROLLERS, "nfs-steward-webhook", "files-nfs-steward-cluster"):
        own = {"app.kubernetes.io/name": "nfs-steward"}
        api.put(
            f"{DEPLOYMENTS}/{name}", {"metadata": {"labels": own}, "spec": {"selector": {"matchLabels": {"a": name}}}}
        )
    api.pod("waiting", "/nfs/data/x")
    api.put(f"{VOLUMES}/held", {"metadata": {"finalizers": ["nfs-steward.io/held"]}, "spec": {}})

    def removed() -> dict[str, Step]:
        installation = Installation("nfs-steward", "storage", "tls")
        steps = list(Removal(client, installation, TIMEOUT, clock=clock).steps())
        return {step.name: step for step in steps if step.kind != "ValidatingWebhookConfiguration"}

    return removed


def refusing(api: ApiServer, wanted: tuple[str, str], status: int, times: float = float("inf")) -> None:
    """Have a request answered with a status, so many times."""
    left = [times]

    def refuse(method: str, path: str) -> int | None:
        if (method, path) != wanted or left[0] <= 0:
            return None
        left[0] -= 1
        return status

    api.refuse = refuse


def outcomes(steps: dict[str, Step]) -> dict[str, str]:
    return {name: step.outcome for name, step in steps.items()}


HOOKS = ("nfs-steward-policy-check", "nfs-steward-test")
DONE = dict.fromkeys(("nfs-steward", *CONTROLLERS, "waiting", "held", *HOOKS, "tls"), "done")


def test_the_configurations_go_first_and_the_secret_last(api: ApiServer, removed: Any) -> None:
    assert outcomes(removed()) == DONE
    controllers = [f"{DEPLOYMENTS}/{name}" for name in CONTROLLERS]
    blocking = [CONFIGURATION, *controllers, f"{PODS}/waiting", f"{VOLUMES}/held"]
    assert [write.path for write in api.writes] == [*blocking, CHECK, TEST, SECRET]


def test_the_pods_of_a_check_that_refused_go_with_its_job(api: ApiServer, removed: Any) -> None:
    removed()
    (deletion,) = [write for write in api.writes if write.path == CHECK]
    assert deletion.body["propagationPolicy"] == "Background"


def test_hooks_that_have_not_failed_have_left_nothing(api: ApiServer, removed: Any) -> None:
    api.remove(CHECK)
    api.remove(TEST)
    assert outcomes(removed()) == {**DONE, **dict.fromkeys(HOOKS, "absent")}


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(("DELETE", CONFIGURATION), id="a configuration"),
        pytest.param(("GET", DEPLOYMENTS), id="the list of controllers"),
        pytest.param(("DELETE", f"{DEPLOYMENTS}/nfs-steward-cluster"), id="a controller"),
        pytest.param(("GET", "/api/v1/pods"), id="the list of Pods"),
        pytest.param(("PATCH", f"{PODS}/waiting"), id="a Pod"),
        pytest.param(("PATCH", f"{VOLUMES}/held"), id="a volume"),
        pytest.param(("DELETE", CHECK), id="what a hook has left"),
        pytest.param(("DELETE", SECRET), id="the Secret"),
    ],
)
def test_what_may_pass_is_tried_again(api: ApiServer, removed: Any, wanted: tuple[str, str]) -> None:
    refusing(api, wanted, 503, times=3)
    assert outcomes(removed()) == DONE


@pytest.mark.parametrize(
    ("wanted", "failed"),
    [
        pytest.param(("DELETE", CONFIGURATION), {"nfs-steward": "failed"}, id="a configuration"),
        pytest.param(("PATCH", f"{PODS}/waiting"), {"waiting": "failed"}, id="a Pod"),
        pytest.param(("PATCH", f"{VOLUMES}/held"), {"held": "failed"}, id="a volume"),
        pytest.param(("DELETE", CHECK), {"nfs-steward-policy-check": "failed"}, id="what a hook has left"),
        pytest.param(("DELETE", SECRET), {"tls": "failed"}, id="the Secret"),
    ],
)
@pytest.mark.parametrize("status", [pytest.param(503, id="for ever"), pytest.param(403, id="for good")])
def test_what_does_not_pass_is_told_and_keeps_nothing_else_back(
    api: ApiServer, clock: Clock, removed: Any, wanted: tuple[str, str], failed: dict[str, str], status: int
) -> None:
    refusing(api, wanted, status)
    steps = removed()
    assert outcomes(steps) == {**DONE, **failed}
    (name,) = failed
    assert not steps[name].holds
    assert "refused by the test" in steps[name].problem
    assert clock.seconds <= 2 * TIMEOUT


def test_pods_that_cannot_be_listed_are_told_of_as_a_kind(api: ApiServer, removed: Any) -> None:
    refusing(api, ("GET", "/api/v1/pods"), 403)
    steps = removed()
    assert (steps[""].kind, steps[""].outcome) == ("Pod", "failed")
    assert steps["held"].outcome == "done"


def test_what_somebody_else_changes_at_the_same_moment_is_looked_at_again(api: ApiServer, removed: Any) -> None:
    refusing(api, ("PATCH", f"{PODS}/waiting"), 409, times=3)
    assert outcomes(removed()) == DONE


def test_what_somebody_else_keeps_changing_is_given_up_in_the_end(api: ApiServer, clock: Clock, removed: Any) -> None:
    refusing(api, ("PATCH", f"{PODS}/waiting"), 409)
    steps = removed()
    assert outcomes(steps) == {**DONE, "waiting": "contested"}
    assert not steps["waiting"].holds
    assert clock.seconds < TIMEOUT + 1


def test_a_pod_that_was_on_its_way_is_found_by_a_second_look(api: ApiServer, clock: Clock, removed: Any) -> None:
    clock.waited = lambda: api.pod("late", "/nfs/data/x") if f"{PODS}/late" not in api.objects else None
    assert outcomes(removed()) == {**DONE, "late": "done"}
    assert api.gates("late") == []


def test_a_pod_that_is_gone_meanwhile_is_nobody_s_concern(api: ApiServer, removed: Any) -> None:
    refusing(api, ("PATCH", f"{PODS}/waiting"), 404)
    steps = removed()
    assert outcomes(steps) == {**DONE, "waiting": "absent"}
    assert steps["waiting"].holds


def pod_of(api: ApiServer, controller: str) -> str:
    """Put a Pod of a controller; its path."""
    path = f"/api/v1/namespaces/storage/pods/{controller}-x"
    api.put(path, {"metadata": {"labels": {"a": controller}}, "spec": {}})
    return path


def test_nothing_is_taken_off_while_a_controller_may_put_it_on_again(
    api: ApiServer, clock: Clock, removed: Any
) -> None:
    ending = pod_of(api, "nfs-steward-export-main")

    def end() -> None:
        assert api.gates("waiting") != []
        if clock.seconds >= 20:
            clock.waited = lambda: None
            api.remove(ending)

    clock.waited = end

    assert outcomes(removed()) == DONE
    assert clock.seconds >= 20


def test_a_controller_that_never_ends_is_waited_for_in_vain_but_not_for_ever(
    api: ApiServer, clock: Clock, removed: Any
) -> None:
    """Its export is dead, and so its process cannot be ended."""
    pod_of(api, "nfs-steward-export-main")

    steps = removed()

    assert outcomes(steps) == {**DONE, "nfs-steward-export-main": "lingering"}
    assert "nfs-steward-export-main-x" in steps["nfs-steward-export-main"].problem
    assert steps["nfs-steward-export-main"].holds
    assert clock.seconds < TIMEOUT


def test_controllers_that_cannot_be_listed_are_told_of_as_a_kind(api: ApiServer, removed: Any) -> None:
    refusing(api, ("GET", DEPLOYMENTS), 403)
    steps = removed()
    assert (steps[""].kind, steps[""].outcome) == ("Deployment", "failed")
    assert steps["held"].outcome == "done"


def test_what_limits_namespaces_goes_and_what_is_not_ours_stays(api: ApiServer, removed: Any) -> None:
    ours = {"metadata": {"labels": {"app.kubernetes.io/managed-by": "nfs-steward"}}}
    limits = [f"/api/v1/namespaces/team-a/{kind}/nfs-steward" for kind in ("resourcequotas", "limitranges")]
    foreign = "/api/v1/namespaces/others/resourcequotas/nfs-steward"
    for path in limits:
        api.put(path, ours)
    api.put(foreign, {})
    removed()
    paths = [write.path for write in api.writes]
    assert [path for path in paths if path in limits] == limits
    assert paths.index(limits[0]) > paths.index(f"{DEPLOYMENTS}/nfs-steward-cluster")
    assert foreign in api.objects


def test_limits_that_cannot_be_listed_keep_nothing_else_back(api: ApiServer, removed: Any) -> None:
    refusing(api, ("GET", "/api/v1/limitranges"), 403)
    found = outcomes(removed())
    assert (found["nfs-steward"], found["tls"]) == ("failed", "done")
