"""Where classes say that directories are, and what becomes of claims whose directory cannot be there."""

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeAlias

import pytest

from kube import resources
from kube.client import Client
from policy import keys
from policy.paths import RESERVED
from policy.shapes import Json
from tests.trees import changed, whole_tree
from tests.waiting import WITHIN

from .conftest import MakeClass
from .installation import PEER
from .objects import phase, whole_claim
from .recording import Recording, recording

Change: TypeAlias = dict[str, dict[str, str]]

CLAIMANTS = 8


class Claims:
    """Claims of one namespace, as their authors see them."""

    def __init__(self, client: Client, namespace: str, claims: Recording, said: Recording) -> None:
        self._client, self.namespace, self._claims, self._said = client, namespace, claims, said

    def ask(self, name: str, storage_class: str, meta: Json | None = None) -> None:
        """Create a claim."""
        claim = whole_claim(name, self.namespace, meta=meta, storageClassName=storage_class)
        self._client.create(resources.CLAIMS, claim)

    def mark(self, name: str, metadata: Change) -> None:
        """Change a claim's labels or annotations."""
        self._client.patch(resources.CLAIMS, name, {"metadata": metadata}, self.namespace, type="merge")

    def volume(self, name: str) -> Json:
        """The volume of a claim, as soon as that is bound."""
        bound = self._claims.wait_for(f"{name} to be bound", lambda now: _bound(now.get(name, {})), WITHIN)
        return self._client.get(resources.VOLUMES, bound["spec"]["volumeName"])

    def path(self, name: str) -> str:
        """The path of that volume."""
        return str(self.volume(name)["spec"]["nfs"]["path"])

    def refusal(self, name: str) -> str:
        """Why a claim gets no volume, as soon as that is told; it is pending."""
        message = self.told(name, "ProvisioningFailed")
        assert phase(self._client.get(resources.CLAIMS, name, self.namespace)) == "Pending"
        return message

    def told(self, name: str, reason: str) -> str:
        """What is told of a claim by a reason, as soon as it is."""
        told = partial(_told, name=name, reason=reason)
        return self._said.wait_for(f"{reason} of {name}", lambda now: told(list(now.values())), WITHIN)

    def first_bound(self) -> str:
        """The claim that is bound first, by name."""
        return self._claims.wait_for(
            "one to be bound", lambda now: next((name for name, claim in now.items() if _bound(claim)), None), WITHIN
        )


@pytest.fixture
def claims(client: Client, team: str) -> Iterator[Claims]:
    """Claims of an opted-in namespace."""
    with recording(client, resources.CLAIMS, team) as seen, recording(client, resources.EVENTS, team) as said:
        yield Claims(client, team, seen, said)


def _bound(claim: Json) -> Json | None:
    return claim if phase(claim) == "Bound" else None


def _told(events: list[Json], name: str, reason: str) -> str | None:
    return next(
        (
            str(event["message"])
            for event in events
            if (event["reason"], event["involvedObject"]["name"]) == (reason, name)
            and event.get("reportingComponent") == "nfs-steward-controller"
        ),
        None,
    )


def everything_on(root: Path, namespace: str) -> set[Path]:
    """All there is on an export, but for our own area, where what others have deleted goes, and what is called after
    namespaces of other tests: what those have asked for may come even now.
    """
    others = re.compile(rf"(?!{namespace}(?!\d))test-\d+")
    found: set[Path] = set()
    for folder, directories, files in os.walk(root):  # what goes meanwhile is passed over
        if Path(folder) == root:
            directories[:] = [name for name in directories if name != RESERVED and not others.match(name)]
        found.update(Path(folder, name) for name in (*directories, *files))
    return found


@pytest.mark.parametrize(
    ("pattern", "meta", "path"),
    [
        pytest.param("a/${.PVC.namespace}/${.PVC.name}", {}, "a/{namespace}/data", id="nfs-subdir's spelling"),
        pytest.param(
            "b/${pvc.metadata.namespace}/${pvc.metadata.name}", {}, "b/{namespace}/data", id="csi-driver-nfs's spelling"
        ),
        pytest.param(
            "c/${.PVC.namespace}-${.PVC.labels.example.com/app}",
            {"labels": {"example.com/app": "web"}},
            "c/{namespace}-web",
            id="a label",
        ),
        pytest.param(
            "d/${.PVC.namespace}/${.PVC.annotations.nfs.io/storage-path}",
            {"annotations": {"nfs.io/storage-path": "reports of 2030"}},
            "d/{namespace}/reports of 2030",
            id="an annotation",
        ),
        pytest.param("e/${.PVC.namespace}/${.PVC.labels.app:-none}", {}, "e/{namespace}/none", id="a fallback"),
    ],
)
def test_a_directory_is_where_the_class_says(
    claims: Claims, make_class: MakeClass, export_root: Path, pattern: str, meta: Json, path: str
) -> None:
    claims.ask("data", make_class(pathPattern=pattern), meta)
    where = claims.path("data")

    expected = path.format(namespace=claims.namespace)
    assert where == f"/nfs/data/{expected}"
    assert (export_root / expected).is_dir()


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("..", id="up"),
        pytest.param("../../victim", id="up and away"),
        pytest.param("/etc", id="absolute"),
        pytest.param("a/b", id="two segments"),
        pytest.param("a\\..\\b", id="backslashes"),
        pytest.param("a\nb", id="a line end"),
        pytest.param("${.PVC.namespace}", id="a variable of its own"),
        pytest.param(".nfs-steward", id="our own area"),
        pytest.param("x" * 256, id="too long"),
    ],
)
def test_a_hostile_value_changes_nothing_on_the_export(
    claims: Claims, make_class: MakeClass, export_root: Path, value: str
) -> None:
    before = everything_on(export_root, claims.namespace)
    claims.ask("data", make_class(pathPattern="${.PVC.annotations.x}"), {"annotations": {"x": value}})
    why = claims.refusal("data")

    assert "annotation x" in why or ".nfs-steward" in why
    assert not everything_on(export_root, claims.namespace) - before


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param("../${.PVC.name}", id="up"),
        pytest.param("a/../../${.PVC.name}", id="down, then up"),
        pytest.param(".nfs-steward/${.PVC.name}", id="our own area"),
        pytest.param("a//${.PVC.name}", id="an empty segment"),
        pytest.param("${.PVC.name", id="an open variable"),
        pytest.param("${.PVC.uid}", id="an unknown variable"),
        pytest.param("constant", id="one place for all"),
    ],
)
def test_a_pattern_that_cannot_be_makes_nothing_and_is_named(
    claims: Claims, make_class: MakeClass, export_root: Path, pattern: str
) -> None:
    before = everything_on(export_root, claims.namespace)
    claims.ask("data", make_class(pathPattern=pattern))

    assert "parameter pathPattern: " in claims.refusal("data")
    assert not everything_on(export_root, claims.namespace) - before


@pytest.mark.parametrize(
    ("meta", "why", "mended"),
    [
        pytest.param({}, "label app, .* is missing", {"labels": {"app": "web"}}, id="a label that is missing"),
        pytest.param(
            {"labels": {"app": "web"}, "annotations": {"x": "../a"}},
            "annotation x: ",
            {"annotations": {"x": "a"}},
            id="an annotation that leads out",
        ),
    ],
)
def test_a_refused_claim_is_served_as_soon_as_it_is_mended(
    claims: Claims, make_class: MakeClass, meta: Json, why: str, mended: Change
) -> None:
    pattern = "mended/${.PVC.namespace}/${.PVC.labels.app}/${.PVC.annotations.x:-a}"
    claims.ask("data", make_class(pathPattern=pattern), meta)
    assert re.search(why, claims.refusal("data"))
    claims.mark("data", mended)
    assert claims.path("data") == f"/nfs/data/mended/{claims.namespace}/web/a"


def test_of_two_claims_on_one_path_the_second_is_refused(claims: Claims, make_class: MakeClass) -> None:
    own = make_class(pathPattern="one/${.PVC.namespace}")
    claims.ask("first", own)
    claims.path("first")
    claims.ask("second", own)
    assert "already uses it" in claims.refusal("second")


def test_of_many_claims_on_one_path_at_the_same_time_one_gets_it(claims: Claims, make_class: MakeClass) -> None:
    own = make_class(pathPattern="race/${.PVC.namespace}")
    names = [f"claim-{number}" for number in range(CLAIMANTS)]
    with ThreadPoolExecutor(CLAIMANTS) as people:
        list(people.map(lambda name: claims.ask(name, own), names))
        first = claims.first_bound()
        refused = [claims.refusal(name) for name in names if name != first]
    assert all("already uses it" in why for why in refused)


def test_volumes_of_classes_that_share_have_one_directory(
    claims: Claims, make_class: MakeClass, export_root: Path
) -> None:
    pattern = "common/${.PVC.namespace}"
    for name in ("first", "second"):
        claims.ask(name, make_class(pathPattern=pattern, shared="true"))
        assert claims.path(name) == f"/nfs/data/common/{claims.namespace}"
    claims.ask("third", make_class(pathPattern=pattern))
    assert "already uses it" in claims.refusal("third")
    assert (export_root / "common" / claims.namespace).is_dir()


@pytest.mark.parametrize(
    ("parameters", "differing", "mode"),
    [
        pytest.param({}, set(), 0o705, id="nothing said"),
        pytest.param({"existing": "keep"}, set(), 0o705, id="to be kept"),
        pytest.param({"existing": "change"}, {b""}, 0o2771, id="to be changed"),
    ],
)
def test_a_directory_that_was_there_keeps_its_data_and_but_for_a_class_that_changes_it_its_mode(
    claims: Claims, make_class: MakeClass, export_root: Path, parameters: Json, differing: set[bytes], mode: int
) -> None:
    there = export_root / "there" / claims.namespace
    (there / "deep").mkdir(parents=True, mode=0o704)
    (there / "deep" / "data").write_text("theirs")
    there.chmod(0o705)
    before = whole_tree(there)

    claims.ask("data", make_class(pathPattern="there/${.PVC.namespace}", mode="2771", **parameters))

    assert claims.path("data") == f"/nfs/data/there/{claims.namespace}"
    assert changed(before, whole_tree(there)) == differing
    assert there.stat().st_mode & 0o7777 == mode
    if not differing:
        assert "was there before, with mode 0705" in claims.told("data", "OwnershipIncomplete")


def test_the_classes_of_the_provisioner_whose_place_is_taken_are_served(claims: Claims, make_class: MakeClass) -> None:
    own = make_class(PEER, archiveOnDelete="false", pathPattern="${.PVC.namespace}/${.PVC.annotations.nfs.io/path}")
    claims.ask("test-claim", own, {"annotations": {"nfs.io/path": "test"}})
    assert claims.path("test-claim") == f"/nfs/data/{claims.namespace}/test"
    volume = claims.volume("test-claim")
    marks = volume["metadata"]["annotations"]
    assert (marks[keys.PROVISIONED_BY], marks[keys.ON_DELETE]) == (keys.PROVISIONER, "delete")
    assert volume["spec"]["persistentVolumeReclaimPolicy"] == "Delete"
