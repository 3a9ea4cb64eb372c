"""What rights cannot narrow, the fences do: with our own accounts' tokens, on the real API server.

Everything is tried as a dry run, which admission is asked about as about any other request.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pytest

from kube import resources
from kube.client import Client
from kube.connection import connect
from kube.errors import AlreadyExists, Forbidden
from kube.resources import Resource
from policy import keys
from policy.shapes import Json

from .needs import MUTATING, bare_volume, inline_volume, wait_until_bound
from .world import NAMESPACE, RELEASE, TLS, UNSERVED, World

OURS = "nfs-steward may "
OTHER_GATE = {"name": "example.org/other"}
OTHER_CONDITION = {"type": "ModifyingVolume", "status": "True"}
MOMENT = "2026-01-01T00:00:00Z"
OTHER_FINALIZER = "example.org/held"
OUR_FINALIZER = f"{keys.GROUP}/held"
PATIENCE = 60.0
"""Seconds that the API server has: a ledger that is full takes it one, and longer where much else runs."""
LIVING, GONE = "_51", "_52"
"""Gids in the ledger, one of a namespace that lives and one of a namespace that is gone."""
OWNER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "1"}


@pytest.fixture(scope="module")
def accounts(world: World) -> dict[str, Client]:
    """Clients with the accounts' own tokens, and the administrator's, whom no fence is about."""
    ours = {name: connect(world.product.kubeconfig(name)) for name in ("cluster", "export", "uninstall")}
    return {**ours, "administrator": world.admin}


@dataclass(frozen=True)
class Standing:
    """An object that is there."""

    resource: Resource
    obj: Json
    subresource: str | None = None


@pytest.fixture(scope="module", autouse=True)
def nobody_keeps_the_ledger(world: World) -> Iterator[None]:
    """The cluster's controller is away: it would mark gids of namespaces that there are not as gone."""
    world.programs["cluster"].process.kill()
    yield
    world.start("cluster")


@pytest.fixture(scope="module")
def standing(world: World) -> dict[str, Standing]:
    """One object of each kind that an account of ours may change; nothing of nfs-steward's changes them meanwhile."""
    team, others = world.namespace(opted_in=True), world.namespace(opted_in=False)
    marks = {"labels": {"a": "b"}, "annotations": {"a": "b"}}
    pod = world.pod(team, volumes=[inline_volume(world, UNSERVED)], schedulingGates=[OTHER_GATE])
    claim, classed = world.claim(others), world.claim(others, storageClassName="some")
    used = world.claim(others, storageClassName="some")
    bare, full = (bare_volume(world, world.claim(others)) for _ in range(2))
    full["spec"]["mountOptions"] = ["hard"]
    bare["metadata"]["finalizers"] = [OTHER_FINALIZER, OUR_FINALIZER]
    made = {
        "pod": (resources.PODS, pod),
        "claim": (resources.CLAIMS, claim),
        "classed claim": (resources.CLAIMS, classed),
        "used claim": (resources.CLAIMS, used),
        "volume": (resources.VOLUMES, bare),
        "full volume": (resources.VOLUMES, full),
    }
    for _, obj in made.values():
        obj["metadata"] |= marks
    used["metadata"] |= {"labels": {**marks["labels"], **OVER}, "annotations": {**marks["annotations"], **USED}}
    made["event"] = (resources.EVENTS, event(world, others, "nfs-steward-controller"))
    made["other's event"] = (resources.EVENTS, event(world, others, "kubelet"))
    ours = bare_volume(world, world.claim(others))
    ours["metadata"]["annotations"] = {keys.PROVISIONED_BY: keys.PROVISIONER}
    made["our volume"] = (resources.VOLUMES, ours)
    for name, said in (("given volume", GIVEN), ("author's volume", {keys.VOLUME_GID: "100007"})):
        static = bare_volume(world, world.claim(others))
        static["metadata"]["annotations"] = said
        made[name] = (resources.VOLUMES, static)
    created = {name: Standing(kind, world.admin.create(kind, obj)) for name, (kind, obj) in made.items()}
    created["grown claim"] = grown_claim(world, others)
    created["ledger"] = ledger(world)
    return {**created, "configuration": Standing(MUTATING, world.admin.get(MUTATING, RELEASE))}


def grown_claim(world: World, namespace: str) -> Standing:
    """The status of a bound claim of ours that has asked for more, as the API's own controllers may have left it.

    They may add to its conditions at any time (1.37 says which claims no Pod uses), so these two are the first of them.
    """
    claim = world.admin.create(resources.CLAIMS, world.claim(namespace, storageClassName="some"))
    volume = bare_volume(world, claim)
    volume["metadata"]["name"] = f"pvc-{claim['metadata']['uid']}"
    volume["spec"]["storageClassName"] = "some"
    world.admin.create(resources.VOLUMES, volume)
    wait_until_bound(world, claim)
    status = {
        "allocatedResources": {"storage": "1Gi"},
        "allocatedResourceStatuses": {"storage": "ControllerResizeInProgress"},
        "conditions": [{"type": "Resizing", "status": "True"}, OTHER_CONDITION],
    }
    standing = Standing(resources.CLAIMS, claim, "status")
    change(world.admin, standing, {"status": status}, dry_run=False)
    return standing


def ledger(world: World) -> Standing:
    """The ledger of gids, with two entries outside the range that gids are given from."""
    metadata = {"name": keys.GID_LEDGER, "namespace": NAMESPACE}
    with suppress(AlreadyExists):
        world.admin.create(resources.CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
    standing = Standing(resources.CONFIG_MAPS, {"metadata": metadata})
    change(world.admin, standing, entries(**{LIVING: "team uid", GONE: "former uid 2026-01-31"}), dry_run=False)
    return standing


def entries(**changed: str | None) -> Json:
    """Entries of the ledger of gids."""
    return {"data": {key.removeprefix("_"): value for key, value in changed.items()}}


def event(world: World, namespace: str, component: str) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": world.name(), "namespace": namespace},
        "involvedObject": {"apiVersion": "v1", "kind": "Pod", "namespace": namespace, "name": "x"},
        "reportingComponent": component,
        "reportingInstance": component,
        "reason": "Tested",
        "message": "told",
        "count": 1,
    }


def marked(**metadata: object) -> Json:
    return {"metadata": metadata}


def first_webhook(operation: str, path: str, value: object = None) -> list[Json]:
    return [{"op": operation, "path": f"/webhooks/0{path}", "value": value}]


def finalizer(operation: str, index: str, value: str | None = None) -> list[Json]:
    return [{"op": operation, "path": f"/metadata/finalizers/{index}", "value": value}]


OUR_MARKS = {f"{keys.GROUP}/x": "y"}
USED = {keys.USED: "1Gi of 2Gi (50 %), 3 files"}
OVER = {keys.OVER_QUOTA: keys.OVER_QUOTA_TRUE}
NOTHING_USED, NOT_OVER = {keys.USED: None}, {keys.OVER_QUOTA: None}


GIVEN = {keys.VOLUME_GID: "100000", keys.GID_GIVEN: "100000"}
"""What a static volume says that was given this gid, from the range of the policy."""
OTHER_GIVEN = {keys.VOLUME_GID: "100001", keys.GID_GIVEN: "100001"}
NONE_GIVEN: dict[str, str | None] = dict.fromkeys(GIVEN)


def size(storage: str) -> Json:
    """A volume's capacity."""
    return {"spec": {"capacity": {"storage": storage}}}


def status(**fields: object) -> Json:
    """A claim's status."""
    return {"status": fields}


GATED_BY_OTHERS = {"spec": {"schedulingGates": [OTHER_GATE]}}


@pytest.mark.parametrize(
    ("account", "about", "patch"),
    [
        pytest.param("cluster", "pod", GATED_BY_OTHERS, id="the cluster's controller lifts a gate"),
        pytest.param("export", "pod", GATED_BY_OTHERS, id="an export's controller lifts a gate"),
        pytest.param("uninstall", "pod", GATED_BY_OTHERS, id="uninstalling lifts a gate"),
        pytest.param("cluster", "claim", {"spec": {"storageClassName": "x"}}, id="a class for a claim without one"),
        pytest.param("cluster", "classed claim", marked(annotations=OUR_MARKS), id="an annotation of ours on a claim"),
        pytest.param("cluster", "classed claim", marked(labels=OUR_MARKS), id="a label of ours on a claim"),
        pytest.param("cluster", "volume", {"spec": {"mountOptions": ["hard"]}}, id="options for a volume without any"),
        pytest.param("cluster", "full volume", marked(annotations=OUR_MARKS), id="an annotation of ours on a volume"),
        pytest.param("uninstall", "volume", finalizer("remove", "1"), id="our finalizer off a volume"),
        pytest.param("cluster", "full volume", finalizer("add", "-", OUR_FINALIZER), id="our finalizer on a volume"),
        pytest.param("export", "our volume", size("2Gi"), id="a volume of ours grows"),
        pytest.param("export", "full volume", marked(annotations=GIVEN), id="a static volume gets a gid"),
        pytest.param("export", "given volume", marked(annotations=OTHER_GIVEN), id="it gets another"),
        pytest.param("export", "given volume", marked(annotations=NONE_GIVEN), id="its gid is taken back"),
        pytest.param("export", "classed claim", marked(annotations=USED, labels=OVER), id="a claim says what it uses"),
        pytest.param("export", "used claim", marked(annotations=NOTHING_USED, labels=NOT_OVER), id="it says no more"),
        pytest.param("administrator", "used claim", marked(labels={"a": "c"}), id="another label of a claim in use"),
        pytest.param(
            "export",
            "grown claim",
            [
                {"op": "add", "path": "/status/capacity/storage", "value": "2Gi"},
                {"op": "add", "path": "/status/allocatedResources/storage", "value": "2Gi"},
                {"op": "remove", "path": "/status/allocatedResourceStatuses/storage"},
                {"op": "remove", "path": "/status/conditions/0"},
            ],
            id="a claim says that it has grown",
        ),
        pytest.param(
            "export",
            "grown claim",
            [
                {"op": "add", "path": "/status/allocatedResources/storage", "value": "1024Mi"},
                {"op": "replace", "path": "/status/conditions/0/lastTransitionTime", "value": MOMENT},
            ],
            id="a claim is about to grow",
        ),
        pytest.param(
            "export",
            "grown claim",
            [
                {
                    "op": "add",
                    "path": "/status/allocatedResourceStatuses/storage",
                    "value": "ControllerResizeInfeasible",
                },
                {
                    "op": "add",
                    "path": "/status/conditions/-",
                    "value": {"type": "ControllerResizeError", "status": "True"},
                },
            ],
            id="a claim says that it cannot grow",
        ),
        pytest.param(
            "cluster", "configuration", first_webhook("replace", "/clientConfig/caBundle", "QQ=="), id="an authority"
        ),
        pytest.param("export", "event", {"count": 2, "lastTimestamp": MOMENT}, id="an Event once more"),
        pytest.param("export", "ledger", entries(_53="new uid"), id="a gid is given"),
        pytest.param("export", "ledger", entries(**{GONE: "new uid"}), id="a gid is given again"),
        pytest.param("cluster", "ledger", entries(**{LIVING: "team uid 2026-02-01"}), id="a namespace is gone"),
        pytest.param("administrator", "pod", marked(labels={"a": "c"}), id="anybody else is not fenced"),
    ],
)
def test_what_nfs_steward_does_passes(accounts, standing, account, about, patch) -> None:
    change(accounts[account], standing[about], patch)


@pytest.mark.parametrize(
    ("account", "about", "patch"),
    [
        pytest.param("cluster", "pod", {"spec": {"schedulingGates": None}}, id="a gate of somebody else's"),
        pytest.param("uninstall", "pod", {"spec": {"schedulingGates": None}}, id="one while uninstalling"),
        pytest.param("cluster", "pod", marked(labels={"a": "c"}), id="a Pod's label"),
        pytest.param("cluster", "pod", marked(labels={"a": None}), id="no label"),
        pytest.param("cluster", "pod", marked(labels=OUR_MARKS), id="a Pod's label of ours"),
        pytest.param("cluster", "pod", marked(annotations={"c": "d"}), id="a Pod's annotation"),
        pytest.param("cluster", "pod", marked(annotations=None), id="no annotation"),
        pytest.param("cluster", "pod", marked(finalizers=[OUR_FINALIZER]), id="a Pod's finalizer"),
        pytest.param("cluster", "pod", marked(ownerReferences=[OWNER]), id="a Pod's owner"),
        pytest.param("export", "pod", {"spec": {"activeDeadlineSeconds": 1}}, id="a Pod's end"),
        pytest.param("export", "pod", {"spec": {"nodeSelector": {"a": "b"}}}, id="a Pod's node"),
        pytest.param(
            "export",
            "pod",
            [{"op": "replace", "path": "/spec/containers/0/image", "value": "other"}],
            id="what a Pod runs",
        ),
        pytest.param("cluster", "classed claim", marked(annotations={"a": "c"}), id="a claim's annotation"),
        pytest.param("cluster", "classed claim", marked(annotations={"a": None}), id="no annotation of a claim"),
        pytest.param("cluster", "classed claim", marked(annotations={"c": "d"}), id="one more annotation"),
        pytest.param("cluster", "classed claim", marked(labels={"a": "c"}), id="a claim's label"),
        pytest.param("cluster", "classed claim", marked(finalizers=None), id="a claim's finalizers"),
        pytest.param("cluster", "classed claim", marked(ownerReferences=[OWNER]), id="a claim's owner"),
        pytest.param("cluster", "claim", {"spec": {"volumeName": "x"}}, id="a claim's volume"),
        pytest.param(
            "cluster",
            "claim",
            {"spec": {"storageClassName": "x"}, **marked(annotations={"a": "c"})},
            id="a claim's class and more",
        ),
        pytest.param("cluster", "full volume", {"spec": {"mountOptions": ["soft"]}}, id="options that are there"),
        pytest.param("cluster", "full volume", {"spec": {"mountOptions": None}}, id="no options"),
        pytest.param("cluster", "volume", {"spec": {"persistentVolumeReclaimPolicy": "Delete"}}, id="what is kept"),
        pytest.param("cluster", "volume", {"spec": {"claimRef": None}}, id="whose a volume is"),
        pytest.param("uninstall", "volume", {"spec": {"capacity": {"storage": "2Gi"}}}, id="a volume's size"),
        pytest.param("export", "volume", size("2Gi"), id="the size of somebody else's volume"),
        pytest.param("export", "our volume", size("1Mi"), id="a volume shrinks"),
        pytest.param("cluster", "our volume", size("2Gi"), id="a volume grows by the wrong hand"),
        pytest.param("cluster", "full volume", marked(annotations=GIVEN), id="a gid by the wrong hand"),
        pytest.param("export", "our volume", marked(annotations=GIVEN), id="a gid for a volume that is not static"),
        pytest.param("export", "author's volume", marked(annotations=GIVEN), id="another gid than the author's"),
        pytest.param(
            "export", "author's volume", marked(annotations={keys.GID_GIVEN: "100007"}), id="the author's as given"
        ),
        pytest.param("export", "author's volume", marked(annotations={keys.VOLUME_GID: None}), id="no gid any more"),
        pytest.param(
            "export", "full volume", marked(annotations={keys.VOLUME_GID: "100000"}), id="a gid that does not say whose"
        ),
        pytest.param(
            "export", "full volume", marked(annotations=dict.fromkeys(GIVEN, "6")), id="a gid outside the policy's"
        ),
        pytest.param("export", "full volume", marked(annotations=dict.fromkeys(GIVEN, "x")), id="what is no gid"),
        pytest.param("export", "grown claim", status(capacity={"storage": "1Mi"}), id="a claim shrinks"),
        pytest.param("export", "grown claim", status(capacity={"other": "1"}), id="another capacity of a claim"),
        pytest.param("export", "grown claim", status(phase="Lost"), id="a claim's phase"),
        pytest.param("export", "grown claim", status(accessModes=["ReadWriteOnce"]), id="a claim's access"),
        pytest.param(
            "export",
            "grown claim",
            [{"op": "remove", "path": "/status/conditions/1"}],
            id="a condition of somebody else's",
        ),
        pytest.param(
            "export",
            "grown claim",
            [{"op": "replace", "path": "/status/conditions/0/status", "value": "False"}],
            id="what a condition says",
        ),
        pytest.param(
            "export",
            "grown claim",
            status(allocatedResourceStatuses={"storage": "NodeResizePending"}),
            id="an expansion that goes on",
        ),
        pytest.param(
            "export", "grown claim", status(allocatedResources={"storage": "2Gi"}), id="more than a claim asks for"
        ),
        pytest.param(
            "export", "grown claim", status(allocatedResources={"storage": "1Mi"}), id="less than a claim has"
        ),
        pytest.param(
            "export",
            "grown claim",
            [{"op": "add", "path": "/status/conditions/-", "value": {"type": "NodeResizeError", "status": "True"}}],
            id="a condition of a node's",
        ),
        pytest.param("export", "grown claim", marked(labels=OUR_MARKS), id="a label with the status"),
        pytest.param("export", "claim", {"spec": {"storageClassName": "x"}}, id="a class by the wrong hand"),
        pytest.param("export", "classed claim", marked(annotations=OUR_MARKS), id="another annotation of ours"),
        pytest.param("export", "classed claim", marked(labels=OUR_MARKS), id="another label of ours"),
        pytest.param("export", "classed claim", marked(annotations={"a": None, **USED}), id="one annotation less"),
        pytest.param("export", "classed claim", marked(finalizers=[]), id="a claim's finalizers with its use"),
        pytest.param("uninstall", "volume", finalizer("remove", "0"), id="a finalizer of somebody else's"),
        pytest.param("cluster", "volume", finalizer("add", "-", "example.org/x"), id="one more of somebody else's"),
        pytest.param("cluster", "volume", marked(annotations={"pv.kubernetes.io/x": "y"}), id="a volume's annotation"),
        pytest.param("cluster", "volume", marked(labels={"a": None}), id="a volume's label"),
        pytest.param(
            "cluster", "configuration", first_webhook("replace", "/failurePolicy", "Ignore"), id="what a failure means"
        ),
        pytest.param("cluster", "configuration", first_webhook("remove", "/namespaceSelector"), id="whom it is for"),
        pytest.param("cluster", "configuration", first_webhook("remove", "/rules"), id="what is asked about"),
        pytest.param(
            "cluster",
            "configuration",
            first_webhook("replace", "/clientConfig", {"url": "https://example.org/"}),
            id="who is asked",
        ),
        pytest.param("cluster", "configuration", first_webhook("remove", ""), id="one webhook less"),
        pytest.param("cluster", "configuration", marked(labels={"a": "b"}), id="a configuration's label"),
        pytest.param("cluster", "ledger", entries(**{LIVING: "other uid"}), id="a namespace's gid for another"),
        pytest.param("export", "ledger", entries(**{LIVING: "team uid2"}), id="for a later one of its name"),
        pytest.param("export", "ledger", entries(**{LIVING: None}), id="a gid is taken away"),
        pytest.param("export", "ledger", entries(**{GONE: None}), id="a gid is forgotten"),
        pytest.param("export", "ledger", {"data": None}, id="all gids are forgotten"),
        pytest.param("cluster", "ledger", {"immutable": True}, id="a ledger that nobody can change"),
        pytest.param("cluster", "ledger", {"binaryData": {"a": "QQ=="}}, id="something else in the ledger"),
        pytest.param("cluster", "ledger", marked(labels=OUR_MARKS), id="the ledger's label"),
        pytest.param("export", "event", {"message": "else"}, id="other words for an Event"),
        pytest.param("cluster", "other's event", {"count": 2}, id="an Event of somebody else's"),
    ],
)
def test_what_it_never_does_is_refused(accounts, standing, account, about, patch) -> None:
    with pytest.raises(Forbidden, match=OURS):
        change(accounts[account], standing[about], patch)


@pytest.mark.parametrize("account", ["administrator", "cluster"])
@pytest.mark.parametrize(
    ("about", "patch"),
    [
        pytest.param("used claim", marked(labels=NOT_OVER), id="within its size"),
        pytest.param("used claim", marked(annotations={keys.USED: "little"}), id="less used"),
        pytest.param("used claim", marked(annotations=NOTHING_USED), id="nothing used"),
        pytest.param("classed claim", marked(labels=OVER), id="over its size"),
        pytest.param("classed claim", marked(annotations=USED), id="more used"),
    ],
)
def test_only_exports_controllers_say_what_a_claim_uses(accounts, standing, account, about, patch) -> None:
    with pytest.raises(Forbidden, match="nfs-steward's alone"):
        change(accounts[account], standing[about], patch)


def test_a_ledger_with_as_many_entries_as_fit_can_still_be_written(accounts, standing) -> None:
    """What fences cost is limited, and theirs grows with the ledger."""
    full = {str(gid): f"{gid:020} {'x' * 22} 2026-01-31" for gid in range(200_000, 216_000)}
    with change_for_now(accounts["administrator"], standing["ledger"], full):
        change(accounts["export"], standing["ledger"], entries(_53="new uid"))
        change(accounts["cluster"], standing["ledger"], entries(**{LIVING: "team uid 2026-02-01"}))
        with pytest.raises(Forbidden, match=OURS):
            change(accounts["cluster"], standing["ledger"], entries(**{LIVING: "other uid"}))


@contextmanager
def change_for_now(client: Client, standing: Standing, data: dict[str, str]) -> Iterator[None]:
    """Put entries into a ConfigMap for the block."""
    change(client, standing, {"data": data}, dry_run=False)
    try:
        yield
    finally:
        change(client, standing, {"data": dict.fromkeys(data)}, dry_run=False)


def change(client: Client, standing: Standing, patch: Any, *, dry_run: bool = True) -> None:
    name, namespace = standing.obj["metadata"]["name"], standing.obj["metadata"].get("namespace")
    kind = "merge" if isinstance(patch, dict) else "json"
    how = {"type": kind, "subresource": standing.subresource, "dry_run": dry_run, "timeout": PATIENCE}
    client.patch(standing.resource, name, patch, namespace, **how)


@pytest.fixture
def new_volume(world: World) -> Json:
    """A volume as the provisioner makes it."""
    export = world.product.bed.export
    claim = {"namespace": "team", "name": "data", "uid": "11111111-2222-3333-4444-555555555555"}
    spec = {
        "accessModes": ["ReadWriteMany"],
        "capacity": {"storage": "1Gi"},
        "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **claim},
        "nfs": {"server": export.server, "path": f"{export.path}/team-data"},
        "persistentVolumeReclaimPolicy": "Retain",
        "storageClassName": "nfs",
    }
    metadata = {"name": world.name(), "annotations": {keys.PROVISIONED_BY: keys.PROVISIONER}}
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": spec}


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/nfs/data/team-data", id="on the export"),
        pytest.param("/nfs/data/a/b/c", id="deep on the export"),
        pytest.param("/nfs/data/..hidden/x", id="a name that begins with dots"),
        pytest.param("/nfs/unserved/x", id="on the other export"),
        pytest.param("/nfs/data/x/.nfs-steward", id="called like our own area, elsewhere"),
    ],
)
def test_a_volume_below_a_managed_export_can_be_made(accounts, new_volume, path) -> None:
    new_volume["spec"]["nfs"]["path"] = path
    accounts["export"].create(resources.VOLUMES, new_volume, dry_run=True)


def nfs(path: str, server: str = "10.0.2.2") -> Json:
    return {"nfs": {"server": server, "path": path}}


ELSE = {"nfs": None}
DRIVER = {"csi": {"driver": "nfs.csi.k8s.io", "volumeHandle": "x", "volumeAttributes": {"server": "10.0.2.2"}}}


@pytest.mark.parametrize(
    ("spec", "annotations"),
    [
        pytest.param({**ELSE, "hostPath": {"path": "/etc"}}, {}, id="a folder of the node"),
        pytest.param({**ELSE, **DRIVER}, {}, id="by a driver"),
        pytest.param(nfs("/nfs/data/x", "10.9.9.9"), {}, id="on another server"),
        pytest.param(nfs("/etc"), {}, id="elsewhere on the server"),
        pytest.param(nfs("/nfs/database"), {}, id="beside the export"),
        pytest.param(nfs("/nfs/data"), {}, id="the whole export"),
        pytest.param(nfs("/nfs/data/"), {}, id="the whole export, with a slash"),
        pytest.param(nfs("/nfs/data/x/../../../etc"), {}, id="out of the export"),
        pytest.param(nfs("/nfs/data/x/.."), {}, id="the whole export, in disguise"),
        pytest.param(nfs("/nfs/data/."), {}, id="the whole export, in another"),
        pytest.param(nfs("/nfs/data//"), {}, id="the whole export, in a third"),
        pytest.param(nfs("/nfs/data/.nfs-steward"), {}, id="our own area"),
        pytest.param(nfs("/nfs/data/.NFS-Steward/aside/x"), {}, id="in our own area, in other case"),
        pytest.param({"claimRef": None}, {}, id="for nobody"),
        pytest.param({"claimRef": {"namespace": "team", "name": "data"}}, {}, id="for any claim of that name"),
        pytest.param({}, {keys.PROVISIONED_BY: "example.org/other"}, id="made by another"),
        pytest.param({}, {keys.PROVISIONED_BY: None}, id="made by nobody"),
    ],
)
def test_no_other_volume_can_be_made(accounts, new_volume, spec, annotations) -> None:
    for part, changes in ((new_volume["spec"], spec), (new_volume["metadata"]["annotations"], annotations)):
        part.update(changes)
        for key in [key for key, value in part.items() if value is None]:
            del part[key]
    with pytest.raises(Forbidden, match=OURS):
        accounts["export"].create(resources.VOLUMES, new_volume, dry_run=True)


def test_events_are_written_in_the_programs_own_name_only(world, accounts) -> None:
    namespace = world.namespace(opted_in=False)
    accounts["export"].create(resources.EVENTS, event(world, namespace, "nfs-steward-controller"), dry_run=True)
    with pytest.raises(Forbidden, match=OURS):
        accounts["export"].create(resources.EVENTS, event(world, namespace, "kubelet"), dry_run=True)


def secret(name: str, kind: str = "Opaque") -> tuple[Resource, Json]:
    metadata = {"name": name, "namespace": NAMESPACE, "annotations": {}}
    if kind != "Opaque":
        metadata["annotations"] = {"kubernetes.io/service-account.name": f"{RELEASE}-export"}
    return resources.SECRETS, {"apiVersion": "v1", "kind": "Secret", "type": kind, "metadata": metadata}


def config_map(name: str) -> tuple[Resource, Json]:
    metadata = {"name": name, "namespace": NAMESPACE}
    return resources.CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}


def lease(name: str) -> tuple[Resource, Json]:
    metadata = {"name": name, "namespace": NAMESPACE}
    return resources.LEASES, {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata}


@pytest.mark.parametrize(
    ("account", "named"),
    [
        pytest.param("cluster", secret(TLS), id="the webhook's Secret"),
        pytest.param("cluster", lease("nfs-steward-cluster"), id="the cluster's Lease"),
        pytest.param("export", lease("nfs-steward-export-unserved"), id="an export's Lease"),
        pytest.param("export", config_map(keys.GID_LEDGER), id="the ledger of gids"),
    ],
)
def test_what_is_called_as_it_should_be_can_be_made(accounts, account, named) -> None:
    with suppress(AlreadyExists):  # so it was let through
        accounts[account].create(*named, dry_run=True)


@pytest.mark.parametrize(
    ("account", "named"),
    [
        pytest.param("cluster", secret("other"), id="another Secret"),
        pytest.param("cluster", secret(TLS, "kubernetes.io/service-account-token"), id="one that gets a token"),
        pytest.param("cluster", lease("others-controller"), id="another Lease"),
        pytest.param("cluster", config_map("other"), id="another ConfigMap"),
        pytest.param("export", lease("nfs-steward-export-other"), id="the Lease of an export that is not managed"),
    ],
)
def test_what_is_called_otherwise_cannot_be_made(accounts, account, named) -> None:
    with pytest.raises(Forbidden, match=OURS):
        accounts[account].create(*named, dry_run=True)
