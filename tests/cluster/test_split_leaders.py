"""Two controllers that serve one export at the same time, each sure that it leads, and each often held up."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from kube import resources
from kube.client import Client
from kube.errors import NotFound
from policy import keys
from policy.paths import RESERVED
from policy.shapes import Json, sequence, text
from testbed.bed import Testbed
from testbed.ports import LOOPBACK, free_ports
from testbed.product.product import Running
from testbed.supervision.client import Program
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from . import hesitant_controller
from .conftest import MakeClass, MakeNamespace
from .installation import MAIN, Installation, wait_leading
from .objects import phase, whole_claim

_ROOT: Final = Path(__file__).parents[2]
LIVES: Final = 4
PRECIOUS: Final = "precious"


@pytest.fixture(scope="module")
def split_leaders(installation: Installation, testbed: Testbed, make_namespace: MakeNamespace) -> Iterator[None]:
    """Two controllers of the export `main` in place of the one."""

    def start(namespace: str) -> Running:
        (port,) = free_ports(1)
        arguments = [str(installation.product.policy_file), str(testbed.export.root), str(port), namespace]
        argv = [sys.executable, "-m", hesitant_controller.__name__, *arguments]
        log = testbed.logs / f"hesitant-{namespace}.log"
        program = Program("hesitant controller", argv, log, {"KUBECONFIG": str(testbed.kubeconfig)}, _ROOT)
        return Running(testbed.supervisor.start(program), f"http://{LOOPBACK}:{port}/readyz")

    with installation.without(MAIN):
        both = [start(make_namespace()) for _ in range(2)]
        for each in both:
            wait_leading(each)
        yield
        for each in both:
            assert each.process.running(), each.process.log.read_text()
            each.process.stop()


@dataclass(frozen=True)
class Life:
    """A claim that is deleted and made again under its name, and so has its directory again."""

    client: Client
    namespace: str
    name: str
    storage_class: str
    export_root: Path

    def begin(self, content: str) -> None:
        """Make the claim, and write `content` once it is bound."""
        wait_for("the last one to be gone", lambda: self.read() is None, WITHIN)
        wanted = whole_claim(self.name, self.namespace, storageClassName=self.storage_class)
        self.client.create(resources.CLAIMS, wanted)
        wait_for(f"{self.name} to be bound", lambda: phase(self.read() or {}) == "Bound", WITHIN)
        wait_for("its directory", lambda: self._written(content), WITHIN)

    def end(self) -> None:
        """Delete the claim; returns at once."""
        self.client.delete(resources.CLAIMS, self.name, self.namespace)

    def read(self) -> Json | None:
        """The claim as it is now, None for none."""
        try:
            return self.client.get(resources.CLAIMS, self.name, self.namespace)
        except NotFound:
            return None

    @property
    def data(self) -> str | None:
        """What lies in the claim's directory; None for nothing."""
        file = self.export_root / self.namespace / self.name / PRECIOUS
        return file.read_text() if file.exists() else None

    def archived(self) -> list[str]:
        """What lies in the archives of its former lives."""
        found = (self.export_root / RESERVED / "archives").glob(f"{self.namespace}_{self.name}_*/data/{PRECIOUS}")
        return sorted(file.read_text() for file in found)

    def _written(self, content: str) -> bool:
        """Write; False where the directory is not in its place just now: whoever took it by mistake brings it back."""
        try:
            (self.export_root / self.namespace / self.name / PRECIOUS).write_text(content)
        except FileNotFoundError:
            return False
        return True


MakeLife = Callable[..., Life]


@pytest.fixture
def make_life(client: Client, team: str, export_root: Path, make_class: MakeClass, split_leaders: None) -> MakeLife:
    """Think of a claim, of a class whose directories are called after the claims."""

    def make(name: str, **parameters: str) -> Life:
        by_name = make_class(pathPattern="${.PVC.namespace}/${.PVC.name}", **parameters)
        return Life(client, team, name, by_name, export_root)

    return make


def volumes(client: Client, namespace: str) -> list[str]:
    """For whose claims there are volumes."""
    found = client.list(resources.VOLUMES).items
    mine = [each for each in found if text(each, "spec", "claimRef", "namespace") == namespace]
    return sorted(text(each, "spec", "claimRef", "name") or "" for each in mine)


def test_no_data_of_claims_that_are_deleted_and_made_again_is_lost(
    client: Client, team: str, export_root: Path, make_life: MakeLife
) -> None:
    lives = [make_life("deleted", onDelete="delete"), make_life("archived", onDelete="archive")]
    for number in range(LIVES):
        for each in lives:
            each.begin(f"{each.name} {number}")
        for each in lives if number + 1 < LIVES else ():
            each.end()

    wait_for("former volumes to be gone", lambda: volumes(client, team) == ["archived", "deleted"], WITHIN)
    aside = export_root / RESERVED / "aside"
    wait_for("nothing to be aside", lambda: not list(aside.iterdir()), WITHIN)
    assert [each.data for each in lives] == [f"{each.name} {LIVES - 1}" for each in lives]
    assert [each.archived() for each in lives] == [[], [f"archived {number}" for number in range(LIVES - 1)]]


@pytest.mark.usefixtures("split_leaders")
def test_a_claim_gets_one_volume_and_grows_once(client: Client, team: str) -> None:
    names = [f"data-{number}" for number in range(6)]
    for name in names:
        client.create(resources.CLAIMS, whole_claim(name, team, storageClassName="nfs-growing"))

    def all_have(size: str) -> bool:
        claims = client.list(resources.CLAIMS, team).items
        return [text(each, "status", "capacity", "storage") for each in claims] == [size] * len(names)

    wait_for("all to be bound", lambda: all_have("1Gi"), WITHIN)
    for name in names:
        more = {"spec": {"resources": {"requests": {"storage": "2Gi"}}}}
        client.patch(resources.CLAIMS, name, more, team, type="merge")
    wait_for("all to grow", lambda: all_have("2Gi"), WITHIN)
    assert volumes(client, team) == names
    found = client.list(resources.VOLUMES).items
    mine = [each for each in found if text(each, "spec", "claimRef", "namespace") == team]
    assert {text(each, "spec", "capacity", "storage") for each in mine} == {"2Gi"}
    assert all(keys.DATA_FINALIZER in sequence(each, "metadata", "finalizers") for each in mine)


@pytest.mark.usefixtures("split_leaders")
def test_of_two_claims_with_one_place_neither_takes_the_data_of_the_other(
    client: Client, team: str, export_root: Path, make_class: MakeClass
) -> None:
    """Mostly one has to wait. Where each controller has made a volume before it saw the other's, both have the place,
    and the data stays as long as one of them has it.
    """
    one_place = make_class(pathPattern="${.PVC.namespace}/one", onDelete="delete")
    claims = {"a", "b"}
    for name in sorted(claims):
        client.create(resources.CLAIMS, whole_claim(name, team, storageClassName=one_place))

    def bound() -> set[str]:
        found = client.list(resources.CLAIMS, team).items
        return {each["metadata"]["name"] for each in found if phase(each) == "Bound"}

    wait_for("one to be bound", bound, WITHIN)
    first = min(bound())
    (second,) = claims - {first}
    file = export_root / team / "one" / PRECIOUS
    file.write_text(first)
    have_both = len(volumes(client, team)) == len(claims)
    client.delete(resources.CLAIMS, first, team)
    wait_for("the other to be bound, alone", lambda: volumes(client, team) == [second] == [*bound()], WITHIN)
    # Whoever took the place by mistake brings it back.
    wait_for("the place, with what both had", lambda: file.exists() or (file.parent.is_dir() and not have_both), WITHIN)


@pytest.mark.usefixtures("split_leaders")
@pytest.mark.parametrize("goes", ["first", "second"])
def test_of_two_claims_that_have_one_place_the_last_has_the_data(
    client: Client, team: str, export_root: Path, make_class: MakeClass, goes: str
) -> None:
    """What the test above comes to by chance: the second volume is as the other controller would have made it."""
    one_place = make_class(pathPattern="${.PVC.namespace}/one", onDelete="delete")

    def read(name: str) -> Json:
        return client.get(resources.CLAIMS, name, team)

    def ask(name: str) -> Json:
        return client.create(resources.CLAIMS, whole_claim(name, team, storageClassName=one_place))

    ask("first")
    wait_for("the first to be bound", lambda: phase(read("first")) == "Bound", WITHIN)
    file = export_root / team / "one" / PRECIOUS
    file.write_text("both's")
    second = ask("second")
    client.create(resources.VOLUMES, twin(client.get(resources.VOLUMES, read("first")["spec"]["volumeName"]), second))
    wait_for("the second to be bound", lambda: phase(read("second")) == "Bound", WITHIN)

    (stays,) = {"first", "second"} - {goes}
    client.delete(resources.CLAIMS, goes, team)
    wait_for("its volume to be gone", lambda: volumes(client, team) == [stays], WITHIN)
    assert file.read_text() == "both's"

    client.delete(resources.CLAIMS, stays, team)
    wait_for("the last volume to be gone", lambda: volumes(client, team) == [], WITHIN)
    assert not file.parent.exists()


def twin(volume: Json, claim: Json) -> Json:
    """The volume of another claim with the same place."""
    metadata, spec = volume["metadata"], volume["spec"]
    reference = {**spec["claimRef"], "name": claim["metadata"]["name"], "uid": claim["metadata"]["uid"]}
    reference.pop("resourceVersion", None)
    own = {
        "name": f"pvc-{claim['metadata']['uid']}",
        "annotations": metadata["annotations"],
        "finalizers": [keys.DATA_FINALIZER],
    }
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": own,
        "spec": {**spec, "claimRef": reference},
    }
