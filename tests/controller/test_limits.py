"""What limits namespaces, from the API's point of view: whole controllers against an API server on loopback."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from controller.process import ControllerProcess
from testbed.https import get

Start = Callable[..., ControllerProcess]
Eventually = Callable[..., None]

CORE = "/api/v1"
TEAM = f"{CORE}/namespaces/team-a"
QUOTA, RANGE = (f"{TEAM}/{kind}/nfs-steward" for kind in ("resourcequotas", "limitranges"))
OPTED_IN = {"nfs-steward.io/inject": "enabled"}
OF_OURS = "ours.storageclass.storage.k8s.io"
STORAGE, CLAIMS = f"{OF_OURS}/requests.storage", f"{OF_OURS}/persistentvolumeclaims"
OURS = {"app.kubernetes.io/managed-by": "nfs-steward"}


@pytest.fixture
def policy_file(policy_file: Path) -> Path:
    """The default profile has a quota and a largest claim."""
    profile = "{name: default, storageClassName: ours, mountOptions: [noatime]"
    limited = f"{profile}, quota: {{storage: 10Gi, claims: 5}}, claim: {{max: 4Gi}}}}"
    policy_file.write_text(policy_file.read_text().replace(f"{profile}}}", limited) + "contact: storage@corp.example\n")
    return policy_file


def label(api: Any, namespace: str = "team-a", **labels: str) -> None:
    own = {f"nfs-steward.io/{name.replace('_', '-')}": value for name, value in labels.items()}
    api.put(f"{CORE}/namespaces/{namespace}", {"metadata": {"labels": {**OPTED_IN, **own}}})


def hard(api: Any) -> dict[str, str]:
    found: dict[str, str] = api.objects.get(QUOTA, {}).get("spec", {}).get("hard", {})
    return found


def count(api: Any, used: dict[str, str]) -> None:
    """Do what the API's own controller does: say in the status what is in use."""
    quota = api.objects[QUOTA]
    api.put(QUOTA, {**quota, "status": {"hard": quota["spec"]["hard"], "used": used}})


@pytest.fixture
def kept(api: Any, start_controller: Start, eventually: Eventually) -> ControllerProcess:
    """A controller that has set the limits of namespace team-a."""
    process = start_controller(exports={})
    eventually(lambda: hard(api) == {STORAGE: "10Gi", CLAIMS: "5"} and RANGE in api.objects)
    return process


def test_an_opted_in_namespace_gets_both_and_is_told_whom_to_ask(
    api: Any, kept: ControllerProcess, eventually: Eventually
) -> None:
    assert api.objects[QUOTA]["metadata"]["labels"] == OURS
    assert api.objects[RANGE]["spec"] == {"limits": [{"type": "PersistentVolumeClaim", "max": {"storage": "4Gi"}}]}
    eventually(lambda: "LimitsSet" in api.reasons("team-a"))
    (message,) = [text for reason, text in api.events("team-a") if reason == "LimitsSet"]
    assert "10Gi of class ours (at most 5 claims)" in message
    assert "at most 4Gi" in message
    assert message.endswith("For more, ask storage@corp.example.")
    assert all(path.startswith(f"{CORE}/namespaces/team-a/") for path in api.objects if "/events/" in path)


def test_one_that_is_not_opted_in_gets_none(api: Any, kept: ControllerProcess) -> None:
    assert not [path for path in api.objects if "/others/" in path]


def test_what_was_asked_for_and_what_may_be_is_told_as_metrics(
    api: Any, kept: ControllerProcess, eventually: Eventually
) -> None:
    count(api, {STORAGE: "4Gi", CLAIMS: "2"})

    def told() -> dict[str, float]:
        page = get(f"http://127.0.0.1:{kept.health_port}/metrics")
        samples = [sample for family in text_string_to_metric_families(page) for sample in family.samples]
        own = {"namespace": "team-a", "storageclass": "ours"}
        return {
            sample.name.removeprefix("nfs_steward_namespace_"): sample.value
            for sample in samples
            if sample.labels == own
        }

    asked = {"requested_bytes": 4.0 * 2**30, "requested_claims": 2.0}
    eventually(lambda: told() == {"quota_bytes": 10.0 * 2**30, "quota_claims": 5.0} | asked)
