import json
import ssl
from collections.abc import Callable
from pathlib import Path
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

import pytest

from policy import keys
from testbed.bed import Testbed
from testbed.https import get
from testbed.ports import LOOPBACK, free_ports
from testbed.supervision.client import SupervisedProcess
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .containers import end, options_of_root, processes_in, status_of

Run = Callable[..., SupervisedProcess]

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
POLICY = "/etc/nfs-steward/policy"
TLS = "/etc/nfs-steward/tls"

# Some tests ask for their container by its name, from which nobody can tell what it stands on.
pytestmark = [pytest.mark.image, pytest.mark.cluster]


@pytest.fixture
def port() -> int:
    (port,) = free_ports(1)
    return port


@pytest.fixture
def webhook(
    run: Run, port: int, policy_folder: Path, tls_folder: Path, account_folder: Path, api_server: dict[str, str]
) -> SupervisedProcess:
    """The webhook, in a container as the chart has it, ready to answer at `port`."""
    container = run(
        "webhook",
        f"--policy={POLICY}/policy.yaml",
        f"--tls-dir={TLS}",
        f"--bind={LOOPBACK}:{port}",
        env=api_server,
        binds={POLICY: policy_folder, TLS: tls_folder, ACCOUNT: account_folder},
    )
    authority = (tls_folder / "ca.crt").read_text()
    wait_for(
        "the webhook to be ready", lambda: answers(f"https://{LOOPBACK}:{port}/readyz", authority), WITHIN, container
    )
    return container


@pytest.fixture
def controller(
    run: Run, port: int, namespace: str, policy_folder: Path, account_folder: Path, api_server: dict[str, str]
) -> SupervisedProcess:
    """The controller with the cluster's duties, in a container as the chart has it, ready at `port`."""
    container = run(
        "controller",
        "--cluster",
        f"--policy={POLICY}/policy.yaml",
        f"--namespace={namespace}",
        f"--health-bind={LOOPBACK}:{port}",
        env=api_server,
        binds={POLICY: policy_folder, ACCOUNT: account_folder},
    )
    wait_for("the controller to be ready", lambda: answers(f"http://{LOOPBACK}:{port}/readyz"), WITHIN, container)
    return container


def answers(url: str, authority: str | None = None) -> bool:
    try:
        return bool(get(url, authority))
    except OSError:
        return False


def test_the_webhook_fills_in_a_claim(
    webhook: SupervisedProcess, port: int, trust: ssl.SSLContext, make_namespace: Callable[..., str]
) -> None:
    team = make_namespace({keys.INJECT: keys.INJECT_ENABLED})

    def filled() -> bool:
        answer = ask(f"https://{LOOPBACK}:{port}/mutate", review_of_a_claim(team), trust)
        assert answer["response"]["allowed"]
        return "patch" in answer["response"]

    wait_for("the webhook to know of the namespace", filled, WITHIN, webhook)


def test_the_webhook_s_health_is_told(webhook: SupervisedProcess, port: int, tls_folder: Path) -> None:
    assert get(f"https://{LOOPBACK}:{port}/healthz", (tls_folder / "ca.crt").read_text())


def test_the_controller_s_health_is_told(controller: SupervisedProcess, port: int) -> None:
    assert get(f"http://{LOOPBACK}:{port}/healthz")


def test_the_controller_takes_up_the_cluster_s_duties(
    controller: SupervisedProcess, testbed: Testbed, namespace: str
) -> None:
    def holders() -> list[str]:
        leases = testbed.kubectl.json("get", "leases", f"--namespace={namespace}")["items"]
        return [lease["spec"]["holderIdentity"] for lease in leases if lease["spec"].get("holderIdentity")]

    wait_for("a lease of the controller's", holders, WITHIN, controller)


@pytest.fixture(params=["webhook", "controller"])
def running(request: pytest.FixtureRequest) -> SupervisedProcess:
    container: SupervisedProcess = request.getfixturevalue(request.param)
    return container


def test_it_runs_as_its_user_without_any_capability_and_can_gain_none(running: SupervisedProcess) -> None:
    pids = processes_in(running)
    assert pids
    for status in map(status_of, pids):
        assert status["Uid"].split() == ["65532"] * 4
        assert status["Gid"].split() == ["65532"] * 4
        assert {int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
        assert status["NoNewPrivs"] == "1"


def test_it_needs_no_root_to_write_to(running: SupervisedProcess) -> None:
    for pid in processes_in(running):
        assert "ro" in options_of_root(pid)


def test_it_ends_in_good_order_when_it_is_told_to(running: SupervisedProcess) -> None:
    assert end(running) == 0


def ask(url: str, review: dict[str, object], trust: ssl.SSLContext) -> dict[str, dict[str, object]]:
    request = Request(url, json.dumps(review).encode(), {"Content-Type": "application/json"})
    with build_opener(ProxyHandler({}), HTTPSHandler(context=trust)).open(request, timeout=WITHIN) as answer:
        return json.load(answer)


def review_of_a_claim(namespace: str) -> dict[str, object]:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": namespace},
        "spec": {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    request = {
        "uid": "8d3a7d6e-5c51-4d53-9a1f-6c4c3b1f0001",
        "kind": {"group": "", "version": "v1", "kind": "PersistentVolumeClaim"},
        "resource": {"group": "", "version": "v1", "resource": "persistentvolumeclaims"},
        "name": "data",
        "namespace": namespace,
        "operation": "CREATE",
        "userInfo": {"username": "somebody"},
        "object": claim,
        "oldObject": None,
        "dryRun": False,
        "options": None,
    }
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
