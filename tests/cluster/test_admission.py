"""What is filled in and what is left alone, object by object, for each of the ways in which people create them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from kube import resources
from kube.client import Client
from kube.options import FIELD_MANAGER
from policy import keys
from policy.shapes import Json, annotations, labels, sequence
from testbed.kubectl import Kubectl

from .admission_rows import CLAIMS, OPTIONS, PLUGIN, PODS, STRANGERS, TEAM, VOLUMES
from .conftest import MakeNamespace, SetDefault
from .installation import INERT, STANDARD
from .objects import gates, volume, whole_claim
from .ways import WAYS, Said, Way


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
    placed: list[Json] = json.loads(json.dumps(named).replace(TEAM, team).replace(STRANGERS, strangers))
    return placed


@pytest.fixture(scope="module", params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    """One of the ways to create objects."""
    return WAYS[request.param]


@pytest.fixture(scope="module", params=[None, STANDARD], ids=["no default class", "a default class"])
def default_class(request: pytest.FixtureRequest, set_default_class: SetDefault) -> Iterator[str | None]:
    """The cluster's default class."""
    set_default_class(request.param)
    yield request.param
    set_default_class(None)


@pytest.fixture(scope="module")
def claims(
    way: Way,
    default_class: str | None,
    make_team: MakeNamespace,
    client: Client,
    kubectl: Kubectl,
    tmp_path_factory: pytest.TempPathFactory,
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


@pytest.fixture(scope="module")
def volumes(
    way: Way,
    team_and_strangers: tuple[str, str],
    client: Client,
    kubectl: Kubectl,
    tmp_path_factory: pytest.TempPathFactory,
) -> Created:
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


@pytest.fixture(scope="module")
def pods(
    way: Way,
    team_and_strangers: tuple[str, str],
    client: Client,
    kubectl: Kubectl,
    tmp_path_factory: pytest.TempPathFactory,
) -> Created:
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
    assert gates(found) == list(row.gates)
    assert (labels(found).get(keys.INLINE) == "true") is row.marked
    assert filled(found) == set(row.fills)
    if row.template:
        claim_template = found["spec"]["volumes"][0]["ephemeral"]["volumeClaimTemplate"]
        assert {key: claim_template["spec"][key] for key in row.template} == row.template
        assert filled(claim_template) == set(row.template_fills)


@pytest.fixture(scope="module")
def strangers_objects(
    make_namespace: MakeNamespace, client: Client, kubectl: Kubectl, tmp_path_factory: pytest.TempPathFactory
) -> Created:
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
