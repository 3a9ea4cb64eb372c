"""What limits namespaces, from the API's point of view: whole controllers against an API server on loopback."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from controller.process import ControllerProcess
from testbed.https import get
from tests.settled import settled

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


def test_a_label_changes_what_holds(api: Any, kept: ControllerProcess, eventually: Eventually) -> None:
    label(api, quota="20Gi", max_claim="1Gi")
    eventually(lambda: hard(api).get(STORAGE) == "20Gi")
    eventually(lambda: api.objects[RANGE]["spec"]["limits"][0]["max"] == {"storage": "1Gi"})
    eventually(lambda: any("20Gi of class ours" in message for _, message in api.events("team-a")))
    assert "LimitsPutBack" not in api.reasons("team-a")


def test_a_new_policy_reaches_every_namespace_that_has_no_label_of_its_own(
    api: Any, kept: ControllerProcess, policy_file: Path, eventually: Eventually
) -> None:
    for number in range(20):
        label(api, f"team-{number}")
    label(api, "team-b", quota="7Gi")
    quotas = [f"{CORE}/namespaces/team-{name}/resourcequotas/nfs-steward" for name in [*range(20), "b"]]
    eventually(lambda: all(path in api.objects for path in quotas))
    policy_file.write_text(policy_file.read_text().replace("storage: 10Gi", "storage: 11Gi"))
    eventually(lambda: all(said(api, path) == "11Gi" for path in quotas[:-1]))
    assert said(api, quotas[-1]) == "7Gi"


def said(api: Any, path: str) -> str:
    found: str = api.objects[path]["spec"]["hard"][STORAGE]
    return found


def test_opting_out_removes_both(api: Any, kept: ControllerProcess, eventually: Eventually) -> None:
    api.put(TEAM, {"metadata": {"labels": {}}})
    eventually(lambda: QUOTA not in api.objects and RANGE not in api.objects)
    eventually(lambda: "LimitsLifted" in api.reasons("team-a"))


def test_a_change_by_hand_is_put_back_and_told(api: Any, kept: ControllerProcess, eventually: Eventually) -> None:
    api.put(QUOTA, {**api.objects[QUOTA], "spec": {"hard": {STORAGE: "1Ti", CLAIMS: "5"}}})
    eventually(lambda: hard(api) == {STORAGE: "10Gi", CLAIMS: "5"})
    eventually(lambda: "LimitsPutBack" in api.reasons("team-a"))


def test_what_is_taken_away_by_hand_is_there_again(api: Any, kept: ControllerProcess, eventually: Eventually) -> None:
    eventually(lambda: "LimitsSet" in api.reasons("team-a"))
    api.remove(RANGE)
    eventually(lambda: RANGE in api.objects)
    eventually(lambda: "LimitsPutBack" in api.reasons("team-a"))
    assert api.reasons("team-a").count("LimitsSet") == 1


def test_use_is_told_once_also_by_the_next_process(
    api: Any, start_controller: Start, kept: ControllerProcess, eventually: Eventually
) -> None:
    count(api, {STORAGE: "8Gi", CLAIMS: "2"})
    eventually(lambda: "QuotaNearlyUsed" in api.reasons("team-a"))
    kept.stop()
    start_controller(exports={})
    count(api, {STORAGE: "9Gi", CLAIMS: "2"})
    count(api, {STORAGE: "10Gi", CLAIMS: "2"})
    eventually(lambda: "QuotaUsedUp" in api.reasons("team-a"))
    assert api.reasons("team-a").count("QuotaNearlyUsed") == 1


@pytest.fixture
def switched_off(api: Any, kept: ControllerProcess, policy_file: Path) -> None:
    """A policy that has no limits kept any more."""
    policy_file.write_text(f"{policy_file.read_text()}limits: false\n")


def test_what_is_there_goes_when_limits_are_switched_off(api: Any, switched_off: None, eventually: Eventually) -> None:
    eventually(lambda: QUOTA not in api.objects and RANGE not in api.objects)


def test_it_goes_also_where_another_process_comes_across_it(
    api: Any, start_controller: Start, kept: ControllerProcess, policy_file: Path, eventually: Eventually
) -> None:
    kept.stop()
    policy_file.write_text(f"{policy_file.read_text()}limits: false\n")
    foreign = f"{CORE}/namespaces/others/resourcequotas/nfs-steward"
    api.put(foreign, {"spec": {"hard": {"pods": "7"}}})
    start_controller(exports={})
    eventually(lambda: QUOTA not in api.objects and RANGE not in api.objects)
    assert foreign in api.objects


def test_without_limits_nobody_needs_a_right_to_them(
    api: Any, start_controller: Start, policy_file: Path, eventually: Eventually
) -> None:
    policy_file.write_text(f"{policy_file.read_text()}limits: false\n")
    api.refuse = lambda _method, path: 403 if "resourcequotas" in path or "limitranges" in path else None
    process = start_controller(exports={})
    eventually(lambda: settled(process, "cluster", "gids") > 0)
    assert not [path for path in api.objects if "/events/" in path]


def test_what_the_api_server_refuses_is_told_and_tried_again(
    api: Any, start_controller: Start, eventually: Eventually
) -> None:
    api.refuse = lambda method, path: 403 if (method, path) == ("POST", f"{TEAM}/resourcequotas") else None
    start_controller(exports={})
    eventually(lambda: "LimitsNotSet" in api.reasons("team-a"))
    api.refuse = lambda _method, _path: None
    eventually(lambda: QUOTA in api.objects)


def test_an_exports_controller_has_nothing_to_do_with_limits(
    api: Any, start_controller: Start, eventually: Eventually
) -> None:
    api.refuse = lambda _method, path: 403 if "resourcequotas" in path or "limitranges" in path else None
    process = start_controller(cluster=False)
    eventually(lambda: settled(process, "export-main", "house") > 0)
    assert QUOTA not in api.objects


def test_a_new_policy_costs_one_write_and_one_event_for_each_namespace_and_reads_none(
    api: Any, start_controller: Start, policy_file: Path, eventually: Eventually
) -> None:
    names = [f"team-{number}" for number in range(300)]
    for name in (*names, "small"):
        label(api, name, **({"quota": "1Gi"} if name == "small" else {}))
    start_controller(exports={})
    eventually(lambda: written(api, "POST", "limitranges") > len(names))
    asked: list[str] = []
    api.refuse = lambda method, path: asked.append(f"{method} {path}")
    policy_file.write_text(policy_file.read_text().replace("storage: 10Gi", "storage: 11Gi"))
    eventually(lambda: written(api, "PUT", "resourcequotas") > len(names))
    assert written(api, "PUT", "resourcequotas") == len(names) + 1  # team-a, too
    assert written(api, "PUT", "limitranges") == 0
    assert not [call for call in asked if call.startswith("GET") and "/namespaces/team" in call]


def written(api: Any, method: str, kind: str) -> int:
    return len([write for write in api.writes if write.method == method and f"/{kind}" in write.path])
