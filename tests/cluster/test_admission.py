"""What is filled in and what is left alone, object by object, for each of the ways in which people create them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kube import resources
from kube.client import Client
from kube.options import FIELD_MANAGER
from policy import keys
from policy.shapes import Json, annotations, labels, sequence
from testbed.kubectl import Kubectl

from .conftest import MakeNamespace, SetDefault
from .installation import INERT, STANDARD
from .objects import MODES, NOWHERE, SIZE, claim, nfs, pod, template, volume, whole_claim
from .ways import WAYS, Said, Way

PLUGIN = "whatever the API server's own plugin fills in"

CLASS, REQUEST, ACCESS = "spec.storageClassName", "spec.resources.requests.storage", "spec.accessModes"
OPTIONS, GATES = "spec.mountOptions", "spec.schedulingGates"
USUAL = "hard,noatime"

# Exports whose controllers do not run, so that gates stay where they are.
DEAD, SLOW = "/nfs/dead", "/nfs/slow"

TEAM, STRANGERS = "TEAM", "STRANGERS"
"""Stand in the tables for the names of an opted-in namespace, and of one that is not."""


@dataclass(frozen=True)
class Created:
    """What there is after a set of objects was created in one go, and what was said meanwhile."""

    said: Said
    objects: dict[str, Json]

    def __getitem__(self, name: str) -> Json:
        assert name in self.objects, self.said.errors
        found = self.objects[name]
        managers = {entry["manager"] for entry in sequence(found, "metadata", "managedFields")}
        assert FIELD_MANAGER not in managers, "the controller has written to it: nothing shows what the webhook did"
        return found


def filled(obj: Json) -> set[str]:
    return set(filter(None, annotations(obj).get(keys.FILLED, "").split(",")))


def placed(objects: Mapping[str, Json], team: str, strangers: str) -> list[Json]:
    """A table's objects, named by their rows, with the names of real namespaces in them."""
    named = [{**obj, "metadata": {**obj["metadata"], "name": name}} for name, obj in objects.items()]
    return json.loads(json.dumps(named).replace(TEAM, team).replace(STRANGERS, strangers))


@pytest.fixture(scope="module", params=WAYS.values(), ids=WAYS.keys())
def way(request: pytest.FixtureRequest) -> Way:
    return request.param


@pytest.fixture(scope="module", params=[None, STANDARD], ids=["no default class", "a default class"])
def default_class(request: pytest.FixtureRequest, set_default_class: SetDefault) -> Iterator[str | None]:
    """The cluster's default class."""
    set_default_class(request.param)
    yield request.param
    set_default_class(None)


@dataclass(frozen=True)
class ClaimRow:
    """What its author writes; then its class, what was filled in, and the options that its volume will get."""

    author: Json
    gets: str | None
    fills: Sequence[str] = ()
    effective: str | None = None


def author(meta: Json | None = None, **spec: Any) -> Json:
    return whole_claim("", TEAM, meta=meta, **spec)


def asking(options: str, **spec: Any) -> Json:
    return author({"annotations": {keys.MOUNT_OPTIONS: options}}, **spec)


CLAIMS = {
    "no-class": ClaimRow(author(), INERT, [CLASS], USUAL),
    "the-default-by-name": ClaimRow(author(storageClassName=STANDARD), STANDARD),
    "another-by-name": ClaimRow(author(storageClassName="another"), "another"),
    "the-same-by-name": ClaimRow(author(storageClassName=INERT), INERT, [], USUAL),
    "another-profiles-by-name": ClaimRow(author(storageClassName="inert-gold"), "inert-gold", [], USUAL),
    "empty-class": ClaimRow(author(storageClassName=""), ""),
    "selector": ClaimRow(author(selector={"matchLabels": {"a": "b"}}), PLUGIN),
    "data-source": ClaimRow(author(dataSource={"kind": "PersistentVolumeClaim", "name": "a"}), PLUGIN),
    "data-source-ref": ClaimRow(author(dataSourceRef={"apiGroup": "a.b", "kind": "C", "name": "d"}), PLUGIN),
    "legacy-annotation": ClaimRow(author({"annotations": {keys.LEGACY_CLASS_ANNOTATION: "old"}}), None),
    "volume-with-class": ClaimRow(author(volumeName=f"{TEAM}-with-class"), "handmade", [CLASS]),
    "volume-without-class": ClaimRow(author(volumeName=f"{TEAM}-without-class"), "", [CLASS]),
    "volume-and-class": ClaimRow(author(volumeName=f"{TEAM}-with-class", storageClassName="own"), "own"),
    "missing-volume": ClaimRow(author(volumeName=f"{TEAM}-missing"), PLUGIN),
    "no-size": ClaimRow(claim("", TEAM, **MODES), INERT, [CLASS, REQUEST], USUAL),
    "no-modes": ClaimRow(claim("", TEAM, **SIZE), INERT, [CLASS, ACCESS], USUAL),
    "nothing": ClaimRow(claim("", TEAM), INERT, [CLASS, REQUEST, ACCESS], USUAL),
    "no-size-but-a-class": ClaimRow(claim("", TEAM, storageClassName="another", **MODES), "another", [REQUEST]),
    "left-alone": ClaimRow(author({"labels": {keys.INJECT: keys.INJECT_DISABLED}}), PLUGIN),
    "asking": ClaimRow(asking("rsize=65536"), INERT, [CLASS], f"{USUAL},rsize=65536"),
    "asking-too-much": ClaimRow(asking("suid,actimeo=3"), INERT, [CLASS], f"{USUAL},actimeo=3"),
    "asking-elsewhere": ClaimRow(asking("rsize=65536", storageClassName="another"), "another"),
}


@pytest.fixture(scope="module")
def claims(
    way: Way, default_class: str | None, make_team: MakeNamespace, client: Client, kubectl: Kubectl, tmp_path_factory
) -> Created:
    """All claims of the table, in a namespace of their own."""
    team = make_team(INERT)
    local = {"hostPath": {"path": "/nonexistent"}}
    with_class = volume(f"{team}-with-class", local, storageClassName="handmade")
    kubectl.create(with_class, volume(f"{team}-without-class", local))
    objects = placed({name: row.author for name, row in CLAIMS.items()}, team, team)
    said = way(kubectl, tmp_path_factory.mktemp("claims"), objects)
    return Created(said, {obj["metadata"]["name"]: obj for obj in client.list(resources.CLAIMS, team).items})


@pytest.mark.parametrize("name", CLAIMS)
def test_a_claim_gets_what_its_author_left_out(claims: Created, default_class: str | None, name: str) -> None:
    row, found = CLAIMS[name], claims[name]
    assert found["spec"].get("storageClassName") == (default_class if row.gets == PLUGIN else row.gets)
    assert found["spec"]["resources"]["requests"]["storage"] == "1Gi"
    assert found["spec"]["accessModes"] == ["ReadWriteMany"]
    assert filled(found) == set(row.fills)
    assert annotations(found).get(keys.EFFECTIVE_MOUNT_OPTIONS) == row.effective


@pytest.mark.parametrize(
    ("name", "gets"),
    [
        pytest.param("kubectl create", INERT, id="not recorded, so nobody wrote it"),
        pytest.param(
            "kubectl apply --server-side", STANDARD, id="recorded as written, as if it were the default's name"
        ),
    ],
)
@pytest.mark.parametrize("default_class", [STANDARD], indirect=True)
@pytest.mark.usefixtures("default_class")
def test_null_for_a_class_is_what_the_api_server_takes_it_for(
    make_team: MakeNamespace, kubectl: Kubectl, client: Client, tmp_path: Path, name: str, gets: str
) -> None:
    team = make_team(INERT)
    WAYS[name](kubectl, tmp_path, [whole_claim("a", team, storageClassName=None)])
    assert client.get(resources.CLAIMS, "a", team)["spec"]["storageClassName"] == gets


def test_the_author_is_warned_of_what_cannot_be(claims: Created) -> None:
    assert "there is no volume" in claims.said.errors
    assert "suid" in claims.said.errors


@dataclass(frozen=True)
class VolumeRow:
    """What its author writes, and the mount options that it has then."""

    author: Json
    options: str
    fills: bool


def nfs_volume(source: Json | None = None, claim: str = "later", team: str = TEAM, **rest: Any) -> Json:
    return volume("", source or nfs("x", DEAD), reserved_for=(team, claim), **rest)


CSI = {"csi": {"driver": keys.NFS_CSI_DRIVER, "volumeHandle": "x"}}
CSI["csi"]["volumeAttributes"] = {"server": "10.0.2.2", "share": "/nfs/dead/x"}
OLD_OPTIONS = {"annotations": {keys.LEGACY_MOUNT_OPTIONS_ANNOTATION: "soft"}}

VOLUMES = {
    "reserved": VolumeRow(nfs_volume(), "nconnect=4,hard,noatime", fills=True),
    "reserved-csi": VolumeRow(nfs_volume(CSI), "nconnect=4,hard,noatime", fills=True),
    "elsewhere": VolumeRow(nfs_volume(nfs("x", server="192.0.2.1")), "hard,noatime", fills=True),
    "asked-for": VolumeRow(nfs_volume(claim="asking"), "nconnect=4,hard,noatime,rsize=65536", fills=True),
    "options-set": VolumeRow(nfs_volume(mountOptions=["soft"]), "soft", fills=False),
    "options-by-annotation": VolumeRow(nfs_volume(meta=OLD_OPTIONS), "", fills=False),
    "not-reserved": VolumeRow(volume("", nfs("x", DEAD)), "", fills=False),
    "strangers": VolumeRow(nfs_volume(team=STRANGERS), "", fills=False),
    "not-nfs": VolumeRow(nfs_volume({"hostPath": {"path": "/nonexistent"}}), "", fills=False),
    "left-alone": VolumeRow(nfs_volume(meta={"labels": {keys.INJECT: keys.INJECT_DISABLED}}), "", fills=False),
}


@pytest.fixture(scope="module")
def volumes(way: Way, team_and_strangers, client: Client, kubectl: Kubectl, tmp_path_factory) -> Created:
    """All volumes of the table."""
    team, _ = team_and_strangers
    asks = whole_claim("asking", team, meta={"annotations": {keys.MOUNT_OPTIONS: "rsize=65536,suid"}})
    kubectl.apply(asks)
    objects = placed({name: row.author for name, row in VOLUMES.items()}, *team_and_strangers)
    for obj in objects:
        obj["metadata"]["name"] = f"{team}-{obj['metadata']['name']}"
    said = way(kubectl, tmp_path_factory.mktemp("volumes"), objects)
    listed = client.list(resources.VOLUMES).items
    ours = {obj["metadata"]["name"].removeprefix(f"{team}-"): obj for obj in listed}
    return Created(said, ours)


@pytest.mark.parametrize("name", VOLUMES)
def test_a_volume_gets_mount_options_where_its_author_set_none(volumes: Created, name: str) -> None:
    row, found = VOLUMES[name], volumes[name]
    assert ",".join(found["spec"].get("mountOptions", [])) == row.options
    assert filled(found) == ({OPTIONS} if row.fills else set())


@dataclass(frozen=True)
class PodRow:
    """What its author writes; then the gates it waits for, whether it is marked, and what was filled in."""

    author: Json
    gates: Sequence[str] = ()
    marked: bool = False
    fills: Sequence[str] = ()
    template: Json | None = None
    template_fills: Sequence[str] = ()


def waiting(*volumes: Json, meta: Json | None = None, **spec: Any) -> Json:
    return pod("", TEAM, *volumes, meta=meta, nodeSelector=NOWHERE, **spec)


GATE = keys.DIRECTORY_GATE
INLINE = {"marked": True, "fills": [GATES]}
ALONE = {"labels": {keys.INJECT: keys.INJECT_DISABLED}}
MIRROR = {"annotations": {keys.MIRROR_POD: "x"}}
TEMPLATE = {"storageClassName": INERT, **SIZE, **MODES}
DRIVER = {"csi": {"driver": keys.NFS_CSI_DRIVER, "volumeAttributes": CSI["csi"]["volumeAttributes"]}}

PODS = {
    "inline": PodRow(waiting(nfs("x", DEAD)), [GATE], **INLINE),
    "inline-by-another-name": PodRow(waiting(nfs("x", DEAD, server="dead.TEST.")), [GATE], **INLINE),
    "inline-csi": PodRow(waiting(DRIVER), [GATE], **INLINE),
    "inline-among-others": PodRow(waiting({"emptyDir": {}}, nfs("x", DEAD)), [GATE], **INLINE),
    "two-exports": PodRow(waiting(nfs("x", DEAD), nfs("x", SLOW)), [GATE, f"{GATE}-dead", f"{GATE}-slow"], **INLINE),
    "another-gate": PodRow(
        waiting(nfs("x", DEAD), schedulingGates=[{"name": "own/gate"}]), ["own/gate", GATE], **INLINE
    ),
    "given-a-node": PodRow(waiting(nfs("x", DEAD), nodeName="no-such-node"), marked=True),
    "mirror": PodRow(
        waiting(nfs("x", DEAD), template(**SIZE, **MODES), nodeName="no-such-node", meta=MIRROR), marked=True
    ),
    "elsewhere": PodRow(waiting(nfs("x", server="192.0.2.1"))),
    "beside": PodRow(waiting(nfs("x", "/nfs/dead2"))),
    "climbing": PodRow(waiting(nfs("../dead/x", "/nfs/other"))),
    "no-nfs": PodRow(waiting({"emptyDir": {}})),
    "left-alone": PodRow(waiting(nfs("x", DEAD), template(**SIZE, **MODES), meta=ALONE)),
    "template": PodRow(waiting(template(**SIZE, **MODES)), template=TEMPLATE, template_fills=[CLASS]),
    "template-of-nothing": PodRow(waiting(template()), template=TEMPLATE, template_fills=[CLASS, REQUEST, ACCESS]),
    "template-with-class": PodRow(
        waiting(template(storageClassName="own", **SIZE, **MODES)), template={**TEMPLATE, "storageClassName": "own"}
    ),
}


@pytest.fixture(scope="module")
def pods(way: Way, team_and_strangers, client: Client, kubectl: Kubectl, tmp_path_factory) -> Created:
    """All Pods of the table."""
    objects = placed({name: row.author for name, row in PODS.items()}, *team_and_strangers)
    said = way(kubectl, tmp_path_factory.mktemp("pods"), objects)
    listed = client.list(resources.PODS, team_and_strangers[0]).items
    return Created(said, {obj["metadata"]["name"]: obj for obj in listed})


@pytest.fixture(scope="module")
def team_and_strangers(way: Way, make_team: MakeNamespace, make_namespace: MakeNamespace) -> tuple[str, str]:
    """A namespace that is opted in and one that is not, for each way."""
    return make_team(INERT), make_namespace()


@pytest.mark.parametrize("name", PODS)
def test_a_pod_waits_for_its_directories_and_its_templates_are_filled_in(pods: Created, name: str) -> None:
    row, found = PODS[name], pods[name]
    assert [gate["name"] for gate in sequence(found, "spec", "schedulingGates")] == list(row.gates)
    assert (labels(found).get(keys.INLINE) == "true") is row.marked
    assert filled(found) == set(row.fills)
    if row.template:
        claim_template = found["spec"]["volumes"][0]["ephemeral"]["volumeClaimTemplate"]
        assert {key: claim_template["spec"][key] for key in row.template} == row.template
        assert filled(claim_template) == set(row.template_fills)


@pytest.fixture(scope="module")
def strangers_objects(make_namespace: MakeNamespace, client: Client, kubectl: Kubectl, tmp_path_factory) -> Created:
    """The claims and Pods of the tables in a namespace without our label."""
    strangers = make_namespace()
    claims = placed({name: row.author for name, row in CLAIMS.items()}, strangers, strangers)
    pods = placed({name: row.author for name, row in PODS.items()}, strangers, strangers)
    said = WAYS["kubectl create"](kubectl, tmp_path_factory.mktemp("strangers"), [*claims, *pods])
    listed = (*client.list(resources.CLAIMS, strangers).items, *client.list(resources.PODS, strangers).items)
    return Created(said, {f"{obj['kind']} {obj['metadata']['name']}": obj for obj in listed})


def test_nothing_happens_to_a_namespace_without_the_label(strangers_objects: Created) -> None:
    assert len(strangers_objects.objects) > 30
    for name in strangers_objects.objects:
        found = json.dumps(strangers_objects[name]["metadata"].get("annotations", {}))
        assert keys.FILLED not in found
        assert keys.EFFECTIVE_MOUNT_OPTIONS not in found
        assert keys.DIRECTORY_GATE not in json.dumps(strangers_objects[name]["spec"])
    for name in ("no-size", "no-modes", "nothing", "no-size-but-a-class"):
        assert f"PersistentVolumeClaim {name}" not in strangers_objects.objects
        assert f'PersistentVolumeClaim "{name}" is invalid' in strangers_objects.said.errors
