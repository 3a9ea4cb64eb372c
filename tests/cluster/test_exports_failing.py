"""An export that hangs and one that is dead from the start: each holds up its own work, and nothing else.

The hang is a real one: a controller runs on the node, on a hard mount of the NFS server, and the server is stopped.
"""

import signal
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from prometheus_client.samples import Sample

from kube import resources
from kube.client import Client
from policy import keys
from policy.shapes import Json, text
from testbed.control_plane import HOST_IN_GUEST
from testbed.export import NfsExport
from testbed.node.node import Node
from testbed.ports import LOOPBACK
from testbed.product.executable import nfs_steward
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .installation import Installation, metrics, parse_metrics, wait_leading
from .objects import DEAD, SLOW, gates, is_scheduled, nfs, phase, pod, volume, whole_claim
from .recording import Recording, recording

PORT = 9443


@dataclass(frozen=True)
class OnTheNode:
    """A controller that runs in the guest."""

    node: Node

    def readiness(self) -> str:
        """What `/readyz` says while it answers 200; '' otherwise."""
        done = self.node.exec(f"wget -q -O - http://127.0.0.1:{PORT}/readyz")
        return "" if done.status else done.output

    def metrics(self) -> list[Sample]:
        """The metrics that it shows."""
        return parse_metrics(self.node.guest.shell.check(f"wget -q -O - http://127.0.0.1:{PORT}/metrics"))


@pytest.fixture
def controller_on_the_node(installation: Installation, node: Node, export: NfsExport) -> Iterator[OnTheNode]:
    """Serves the exports `slow`, on a hard mount of the NFS server, and `dead`, which is a healthy folder here."""
    product = installation.product
    (export.root / "slow").mkdir()
    outside = product.kubeconfig("export").read_text()
    kubeconfig = node.guest.share / "controller.kubeconfig"
    kubeconfig.write_text(outside.replace(f"https://{LOOPBACK}:", f"https://{HOST_IN_GUEST}:"))
    mount = f"mkdir -p /mnt/slow /run/tmp/fine && mount -t nfs4 {export.server}:{export.path}/slow /mnt/slow"
    node.guest.shell.check(mount)
    command = (
        f"{nfs_steward()[0]} controller --policy {product.policy_file}"
        " --kubeconfig /run/share/controller.kubeconfig --export slow=/mnt/slow --export dead=/run/tmp/fine"
        f" --health-bind 127.0.0.1:{PORT}"
    )
    log = "/run/share/nfs-steward-on-the-node.log"
    started = f"HOME=/run/tmp setsid {command} > {log} 2>&1 < /dev/null & echo $!"
    pid = node.guest.shell.check(started).strip()
    controller = OnTheNode(node)
    wait_for("it to lead", lambda: controller.readiness().count("leading") == 2, WITHIN, node.guest.process)
    yield controller
    node.guest.shell.check(f"kill {pid}; while kill -0 {pid} 2>/dev/null; do usleep 100000; done; umount /mnt/slow")


@contextmanager
def hanging(export: NfsExport) -> Iterator[None]:
    """The NFS server gives no answer within the block, and all that it owes after it."""
    assert export.process is not None
    export.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        export.process.send_signal(signal.SIGCONT)


def states(samples: Iterable[Sample], export: str) -> set[str]:
    """The states in which the metrics show an export."""
    return {
        sample.labels["state"]
        for sample in samples
        if sample.name == "nfs_steward_export_state" and sample.labels["export"] == export and sample.value == 1
    }


def says_which(readiness: str) -> bool:
    """Whether `/readyz` says that `slow` is hanging, and that `dead` is not."""
    return "[-]export-slow failed: hanging" in readiness and "[+]export-dead ok" in readiness


def show_which(samples: list[Sample]) -> bool:
    """Whether the metrics do, and show calls that hang."""
    found = (states(samples, "slow"), states(samples, "dead"))
    return found == ({"hanging"}, {"ok"}) and hanging_calls(samples) > 0


def hanging_calls(samples: Iterable[Sample]) -> float:
    """How many system calls the metrics show as hanging."""
    return sum(sample.value for sample in samples if sample.name == "nfs_steward_export_hanging_calls")


def wait_for_event(events: Recording, kind: str, *words: str) -> None:
    """Wait for an Event on an object of a kind whose message holds these words."""

    def told(now: Mapping[str, Json]) -> bool:
        about = (event["message"] for event in now.values() if event["involvedObject"]["kind"] == kind)
        return any(all(word in message for word in words) for message in about)

    events.wait_for(f"an Event on the {kind}", told, WITHIN)


def scheduled(pods: Mapping[str, Json], name: str) -> bool:
    """Whether the Pod of that name is there and is scheduled."""
    return is_scheduled(pods.get(name, {}))


def bound(claims: Mapping[str, Json], name: str) -> bool:
    """Whether the claim of that name is there and is bound."""
    return phase(claims.get(name, {})) == "Bound"


@dataclass(frozen=True)
class Wanted:
    """One of each kind of work for an export, in a namespace."""

    client: Client
    team: str
    stand_in: dict[str, str]
    strangers: str

    def create(self, name: str, export: str, storage_class: str) -> None:
        """A Pod, a claim and a static volume, all called `name`."""
        source = nfs(f"{self.team}/{name}", export)
        self.client.create(resources.PODS, pod(name, self.team, source, nodeSelector=self.stand_in))
        self.client.create(resources.CLAIMS, whole_claim(name, self.team, storageClassName=storage_class))
        static = volume(f"{self.team}-{name}", source, reserved_for=(self.team, "nobody"))
        self.client.create(resources.VOLUMES, static)

    def create_pod_on_both(self, name: str, *exports: str) -> None:
        """A Pod with an inline volume on each of these exports."""
        sources = [nfs(f"{self.team}/{name}", export) for export in exports]
        self.client.create(resources.PODS, pod(name, self.team, *sources, nodeSelector=self.stand_in))

    def heal(self) -> str:
        """Opt a namespace in that has a claim without class; the class that it is given."""
        self.client.create(resources.CLAIMS, whole_claim("classless", self.strangers))
        label = {"metadata": {"labels": {keys.INJECT: keys.INJECT_ENABLED}}}
        self.client.patch(resources.NAMESPACES, self.strangers, label, type="merge")
        with recording(self.client, resources.CLAIMS, self.strangers) as claims:
            return claims.wait_for("its class", lambda now: text(now["classless"], "spec", "storageClassName"), WITHIN)


@pytest.fixture
def wanted(client: Client, team: str, stand_in: dict[str, str], namespace: str) -> Wanted:
    """Creates work for exports in an opted-in namespace, and for the cluster's duty in another."""
    return Wanted(client, team, stand_in, namespace)


@pytest.fixture
def pods(client: Client, team: str) -> Iterator[Recording]:
    """The Pods of the namespace."""
    with recording(client, resources.PODS, team) as record:
        yield record


@pytest.fixture
def claims(client: Client, team: str) -> Iterator[Recording]:
    """The claims of the namespace."""
    with recording(client, resources.CLAIMS, team) as record:
        yield record


@pytest.fixture
def events(client: Client, team: str) -> Iterator[Recording]:
    """The Events of the namespace."""
    with recording(client, resources.EVENTS, team) as record:
        yield record


def assert_everybody_else_is_served(wanted: Wanted, pods: Recording, claims: Recording, export: str) -> None:
    """Work for `main`, for another export of the same process, and for the cluster's duty goes on."""
    assert wanted.heal() == "nfs"
    wanted.create("for-main", "/nfs/data", "nfs")
    wanted.create("for-other", f"/nfs/{export}", f"nfs-{export}")
    for name in ("for-main", "for-other"):
        pods.wait_for(f"the Pod {name} to be scheduled", lambda now, name=name: scheduled(now, name), WITHIN)
        claims.wait_for(f"the claim {name} to be bound", lambda now, name=name: bound(now, name), WITHIN)


def test_an_export_that_hangs_holds_up_its_own_work_only_and_goes_on_when_it_can(
    controller_on_the_node: OnTheNode,
    export: NfsExport,
    wanted: Wanted,
    pods: Recording,
    claims: Recording,
    events: Recording,
) -> None:
    with hanging(export):
        wanted.create("held", SLOW, "nfs-slow")
        assert_everybody_else_is_served(wanted, pods, claims, "dead")
        for kind in ("Pod", "PersistentVolumeClaim"):
            wait_for_event(events, kind, "slow is hanging")
        # In a guest that has much to do, a look at the healthy one may for once take too long as well.
        wait_for("its readiness to say so", lambda: says_which(controller_on_the_node.readiness()), WITHIN)
        wait_for("the metrics to say so", lambda: show_which(controller_on_the_node.metrics()), WITHIN)
        assert not scheduled(pods.latest, "held")
        assert not bound(claims.latest, "held")
    pods.wait_for("the Pod to be scheduled", lambda now: scheduled(now, "held"), WITHIN)
    claims.wait_for("the claim to be bound", lambda now: bound(now, "held"), WITHIN)
    wait_for("the metrics", lambda: states(controller_on_the_node.metrics(), "slow") == {"ok"}, WITHIN)
    assert (export.root / "slow" / wanted.team / "held").is_dir()


def test_an_export_that_is_dead_from_the_start_holds_up_its_own_work_only_until_it_comes(
    installation: Installation,
    wanted: Wanted,
    pods: Recording,
    claims: Recording,
    events: Recording,
    tmp_path: Path,
) -> None:
    fine, missing = tmp_path / "fine", tmp_path / "missing"
    fine.mkdir()
    running = installation.product.start_controller(f"--export=slow={fine}", f"--export=dead={missing}")
    try:
        wait_leading(running)
        wanted.create("held", DEAD, "nfs-dead")
        wanted.create_pod_on_both("both", "/nfs/data", DEAD)
        assert_everybody_else_is_served(wanted, pods, claims, "slow")
        for kind in ("Pod", "PersistentVolumeClaim"):
            wait_for_event(events, kind, "dead is unreachable", "ENOENT")
        assert "[-]export-dead failed: unreachable" in (running.readiness() or "not ready")
        assert states(metrics(running), "dead") == {"unreachable"}
        assert gates(pods.latest["held"]) == [keys.DIRECTORY_GATE]
        rest = [keys.DIRECTORY_GATE, f"{keys.DIRECTORY_GATE}-dead"]
        pods.wait_for("the export main to have done its part", lambda now: gates(now["both"]) == rest, WITHIN)
        missing.mkdir()
        for name in ("held", "both"):
            pods.wait_for("the Pod to be scheduled", lambda now, name=name: scheduled(now, name), WITHIN)
        claims.wait_for("the claim to be bound", lambda now: bound(now, "held"), WITHIN)
        wait_for("the metrics", lambda: states(metrics(running), "dead") == {"ok"}, WITHIN)
    finally:
        running.process.stop()
