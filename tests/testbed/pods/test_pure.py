"""What needs no container: environment, privileges, phases, routes, restarts, images, exports."""

from pathlib import Path

import pytest

from policy.shapes import Json
from testbed.pods.environment import expand
from testbed.pods.errors import ContainerInvalid, VolumeUnready
from testbed.pods.images import Image, Images, repository_of
from testbed.pods.nfs import NfsServers
from testbed.pods.restarts import RestartDelay
from testbed.pods.routes import routes
from testbed.pods.sandbox import Root
from testbed.pods.security import USUAL_CAPABILITIES, privileges_of
from testbed.pods.states import CRASHED, Running, Terminated, Waiting, exit_code, phase

THEN = "2026-01-01T00:00:00Z"
IMAGE = Image(Root("/"))


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        pytest.param("--bind=$(IP):80", "--bind=10.0.0.1:80", id="a variable"),
        pytest.param("$(NONE)", "$(NONE)", id="one that there is none of stays"),
        pytest.param("$$(IP)", "$(IP)", id="an escaped one"),
        pytest.param("$IP", "$IP", id="a shell's"),
    ],
)
def test_variables_in_arguments_are_expanded(template: str, expected: str) -> None:
    assert expand(template, {"IP": "10.0.0.1"}) == expected


def test_a_container_that_drops_all_has_only_what_it_adds() -> None:
    context = {"capabilities": {"drop": ["ALL"], "add": ["CHOWN"]}, "allowPrivilegeEscalation": False}
    given = privileges_of({"spec": {"securityContext": {"runAsUser": 5}}}, {"securityContext": context}, IMAGE)
    assert (given.uid, given.capabilities, given.no_new_privileges) == (5, {"CHOWN"}, True)


def test_a_container_that_says_nothing_is_root_with_the_usual_capabilities() -> None:
    given = privileges_of({"spec": {}}, {}, IMAGE)
    assert (given.uid, given.gid, given.capabilities) == (0, 0, USUAL_CAPABILITIES)


def test_root_is_refused_where_it_may_not_be() -> None:
    with pytest.raises(ContainerInvalid, match="runAsNonRoot"):
        privileges_of({"spec": {"securityContext": {"runAsNonRoot": True}}}, {}, IMAGE)


@pytest.mark.parametrize(
    ("states", "policy", "expected"),
    [
        pytest.param([Waiting()], "Always", "Pending", id="being made"),
        pytest.param([Running(THEN), Waiting()], "Always", "Running", id="one runs"),
        pytest.param([Waiting(CRASHED)], "Always", "Running", id="to be started again"),
        pytest.param([Terminated(0, THEN, THEN)], "Never", "Succeeded", id="ended well"),
        pytest.param([Terminated(0, THEN, THEN), Terminated(2, THEN, THEN)], "Never", "Failed", id="ended badly"),
        pytest.param([Terminated(2, THEN, THEN)], "OnFailure", "Running", id="ended badly, but comes back"),
    ],
)
def test_a_pod_is_in_the_phase_of_its_containers(states, policy: str, expected: str) -> None:
    assert phase(states, policy) == expected


@pytest.mark.parametrize(("status", "code"), [(0, 0), (3, 3), (-9, 137), (-15, 143)])
def test_an_end_is_told_as_a_kubelet_does(status: int, code: int) -> None:
    assert exit_code(status) == code


def test_a_container_that_keeps_ending_waits_longer_each_time() -> None:
    now = [0.0]
    delay = RestartDelay(scale=0.1, clock=lambda: now[0])
    delay.started()
    delay.ended()
    assert delay.over
    for wait in (1.0, 2.0, 4.0):
        delay.started()
        delay.ended()
        now[0] += wait / 2
        assert not delay.over
        now[0] += wait / 2
        assert delay.over


@pytest.mark.parametrize(
    "reference", ["a.io:5000/ours", "a.io:5000/ours:1.2", "a.io:5000/ours@sha256:ab", "a.io:5000/ours:1@sha256:ab"]
)
def test_an_image_is_known_whatever_its_tag_and_digest(reference: str) -> None:
    ours = Image(Root("/ours"))
    assert repository_of(reference) == "a.io:5000/ours"
    assert Images({"a.io:5000/ours": ours}).named(reference) is ours


def pod(name: str, *, ready: bool = True, going: bool = False) -> Json:
    metadata: Json = {"name": name, "namespace": "n", "labels": {"app": "web"}}
    condition = {"type": "Ready", "status": str(ready)}
    return {
        "metadata": metadata | ({"deletionTimestamp": THEN} if going else {}),
        "spec": {"containers": [{"ports": [{"name": "https", "containerPort": 8443}]}]},
        "status": {"podIP": f"127.0.0.{name}", "conditions": [condition]},
    }


@pytest.mark.parametrize(
    ("pods", "expected"),
    [
        pytest.param([pod("2"), pod("3")], {"2", "3"}, id="all that are ready"),
        pytest.param([pod("2"), pod("3", ready=False)], {"2"}, id="not one that is not ready"),
        pytest.param([pod("2"), pod("3", going=True)], {"2"}, id="not one that is going"),
        pytest.param([pod("2", going=True)], {"2"}, id="one that is going where there is no other"),
        pytest.param([pod("2", ready=False)], set(), id="none"),
    ],
)
def test_connections_go_to_pods_that_are_ready(pods: list[Json], expected: set[str]) -> None:
    service: Json = {"metadata": {"name": "s", "namespace": "n"}}
    service["spec"] = {"clusterIP": "127.1.1.1", "selector": {"app": "web"}, "ports": [{"port": 443}]}
    service["spec"]["ports"][0]["targetPort"] = "https"
    found = routes([service], pods)
    assert found == {("127.1.1.1", 443): tuple((f"127.0.0.{name}", 8443) for name in sorted(expected))}


def test_an_export_is_a_folder_and_every_other_server_is_dead(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    servers = NfsServers({("10.0.2.2", "/nfs/data"): tmp_path})
    assert servers.folder("10.0.2.2", "/nfs/data/there") == tmp_path / "there"
    for path in ("/nfs/data/missing", "/nfs/data/../data", "/nfs/other"):
        with pytest.raises(VolumeUnready, match="No such file or directory"):
            servers.folder("10.0.2.2", path)
    with pytest.raises(VolumeUnready, match="timed out"):
        servers.folder("192.0.2.1", "/nfs/data")
