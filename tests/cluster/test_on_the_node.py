"""The tutorial's scenario to its end, on a real node: each kind of volume, without us and with us.

The same manifests are created in both namespaces. Their Pods run as a user who is not root, and write one file each.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from kube import resources
from kube.client import Client
from policy import keys
from policy.shapes import Json
from testbed.errors import CommandFailed
from testbed.export import NfsExport
from testbed.nfs_listing import nfs_listing, nfs_read
from testbed.node.node import Node
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .conftest import MakeNamespace
from .objects import MODES, SIZE, is_scheduled, nfs, phase, pod, template, volume, whole_claim
from .recording import recording

USER, GROUP, TEAMS_GROUP = 1234, 5678, 4321
"""Seconds: Pods start one after the other on a small node."""

KINDS = ("static", "provisioned", "inline", "ephemeral")
ASKING = {"annotations": {keys.MOUNT_OPTIONS: "rsize=65536"}}


def manifests(namespace: str, node: Node) -> Iterator[Json]:
    """A Pod for each kind of volume, called like it, and what it needs."""
    path = f"{namespace}/static"
    yield volume(path.replace("/", "-"), nfs(path), reserved_for=(namespace, "static"), storageClassName="")
    yield whole_claim("static", namespace, storageClassName="", volumeName=f"{namespace}-static")
    yield whole_claim("provisioned", namespace, meta=ASKING)
    sources = {
        "static": {"persistentVolumeClaim": {"claimName": "static"}},
        "provisioned": {"persistentVolumeClaim": {"claimName": "provisioned"}},
        "inline": nfs(f"{namespace}/inline"),
        "ephemeral": template(**SIZE, **MODES),
    }
    for kind, source in sources.items():
        who = {"container": writing(kind), "securityContext": somebody(kind)}
        yield pod(kind, namespace, source, **who, nodeSelector={"kubernetes.io/hostname": node.name})


def writing(kind: str) -> Json:
    return {"command": ["sh", "-c", f"echo written by {kind} > /mnt/v0/{kind} && sleep 1000000"]}


def somebody(kind: str) -> Json:
    """Who the Pod runs as. What is made for claims is for their class's group, which the volume brings with it."""
    groups = {"supplementalGroups": [0]} if kind in ("static", "inline") else {}
    return {"runAsUser": USER, "runAsGroup": GROUP, **groups}


@dataclass(frozen=True)
class Ending:
    """What became of everything: the Pods of both namespaces, and the Events and claims of the one without us."""

    with_us: Mapping[str, Json]
    without: Mapping[str, Json]
    events: Mapping[str, Json]
    claims: Mapping[str, Json]


@pytest.fixture(scope="module")
def strangers(make_namespace: MakeNamespace) -> str:
    """A namespace without our label."""
    return make_namespace()


@pytest.fixture(scope="module")
def own_team(make_team: MakeNamespace) -> str:
    """An opted-in namespace whose class gives directories to a group."""
    return make_team("default", {keys.STORAGE_CLASS: "nfs-team"})


@pytest.fixture(scope="module")
def ending(node: Node, export: NfsExport, client: Client, strangers: str, own_team: str) -> Iterator[Ending]:
    """All is created in both namespaces; with us everything runs, and without us the kubelet has tried."""
    with (
        recording(client, resources.PODS, strangers) as without,
        recording(client, resources.EVENTS, strangers) as events,
        recording(client, resources.CLAIMS, strangers) as claims,
        recording(client, resources.PODS, own_team) as with_us,
    ):
        for namespace in (strangers, own_team):
            for obj in manifests(namespace, node):
                client.create(RESOURCES[obj["kind"]], obj)
        for kind in KINDS:
            with_us.wait_for(
                f"the Pod {kind} to run", lambda now, kind=kind: phase(now.get(kind, {})) == "Running", WITHIN
            )
        for kind in ("static", "inline"):
            events.wait_for(f"the {kind} Pod's mount to fail", lambda now, kind=kind: failed_mount(now, kind), WITHIN)
        yield Ending(with_us.latest, without.latest, events.latest, claims.latest)
    for namespace in (strangers, own_team):
        for kind in KINDS:
            client.delete(resources.PODS, kind, namespace)


RESOURCES = {"Pod": resources.PODS, "PersistentVolume": resources.VOLUMES, "PersistentVolumeClaim": resources.CLAIMS}


def failed_mount(events: Mapping[str, Json], name: str) -> str:
    """What the kubelet says of a Pod's mount that failed; '' where it has not."""
    return next(
        (
            event["message"]
            for event in events.values()
            if event["reason"] == "FailedMount" and event["involvedObject"]["name"] == name
        ),
        "",
    )


@pytest.mark.parametrize("kind", KINDS)
def test_without_us_nothing_runs(ending: Ending, kind: str) -> None:
    assert phase(ending.without[kind]) == "Pending"
    if kind in ("static", "inline"):
        assert "No such file or directory" in failed_mount(ending.events, kind)
    else:
        claim = ending.claims["provisioned" if kind == "provisioned" else "ephemeral-v0"]
        assert phase(claim) == "Pending"
        assert not is_scheduled(ending.without[kind])


@dataclass(frozen=True)
class Mount:
    """A mount on the node: what of, and how."""

    path: str
    options: frozenset[str]


def mount_of(node: Node, obj: Json) -> Mount:
    """The NFS mount of a Pod."""
    uid = obj["metadata"]["uid"]
    lines = node.guest.shell.check("cat /proc/mounts").splitlines()
    fields = next(line.split() for line in lines if uid in line and " nfs4 " in line)
    return Mount(fields[0].partition(":")[2], frozenset(fields[3].split(",")))


@pytest.mark.parametrize(
    ("kind", "present", "absent"),
    [
        pytest.param("static", {"noatime", "hard", "vers=4.1"}, {"rsize=65536"}, id="static"),
        pytest.param("provisioned", {"noatime", "hard", "vers=4.1", "rsize=65536"}, set(), id="provisioned"),
        pytest.param("ephemeral", {"noatime", "hard", "vers=4.1"}, {"rsize=65536"}, id="ephemeral"),
        # An inline volume has no field for options; those of its directory's export are the node's own.
        pytest.param("inline", {"vers=4.1"}, {"noatime"}, id="inline"),
    ],
)
def test_with_us_the_mount_has_the_options_that_were_filled_in(
    ending: Ending, node: Node, export: NfsExport, kind: str, present: set[str], absent: set[str]
) -> None:
    options = mount_of(node, ending.with_us[kind]).options
    assert options >= present | {f"port={export.port}"}
    assert not options & absent


@pytest.mark.parametrize("kind", KINDS)
def test_with_us_what_a_pod_writes_is_on_the_export_with_the_right_owner(
    ending: Ending, node: Node, export: NfsExport, kind: str
) -> None:
    directory = mount_of(node, ending.with_us[kind]).path.removeprefix(f"{export.path}/")
    assert wait_for("the file", lambda: content(export, f"{directory}/{kind}"), WITHIN) == f"written by {kind}\n"
    (entry,) = nfs_listing(export, directory)
    group = 0 if kind in ("static", "inline") else TEAMS_GROUP
    assert (entry.uid, entry.gid) == (USER, group)


def content(export: NfsExport, path: str) -> str:
    """A file as NFS shows it; '' while there is none."""
    try:
        return nfs_read(export, path)
    except CommandFailed:
        return ""
