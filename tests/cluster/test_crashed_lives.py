"""What becomes of claims later in their lives, by a controller that is killed again and again: after each effect while
they are deleted and grown, and after the first of each kind while they are archived and copied. In the end all is as it
is where nothing is killed. In tests/controller a controller dies with each single one of these effects.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from kube import resources
from kube.client import Client
from policy.paths import RESERVED
from policy.shapes import Json, mapping, sequence, text
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .conftest import MakeClass, MakeNamespace
from .ledger import gid_of
from .mortals import Mortals
from .objects import phase, whole_claim

GROWN: Final = "2Gi"
MOST_LIVES: Final = 100
STEPS: Final = {
    # A copy is made, comes to its place, and has its volume.
    *(f"copy.{step} copies" for step in ("make_folder", "create_file", "make_link", "set_mode", "set_times")),
    "move_directory copies",
    "CreateVolume",
    # A directory is set aside, gets its record, becomes an archive, and its volume goes.
    "move_directory .",
    "write archives",
    "move archives",
    "move_directory aside",
    "ReleaseVolume",
    "DeleteVolume",
    # What was left of copies is removed.
    "remove_file doomed",
    "remove_directory doomed",
}
"""What lives end with, beside others that depend on the file system."""
_VARYING: Final = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{8}T\d{6}Z|\d{4}-\d\d-\d\dT[\d:.+]+|complete-\S+"
)
"""Uids, times as names and records have them, and the inode numbers by which a copy is known."""


@dataclass(frozen=True)
class Scene:
    """Claims in a namespace, each with data in its directory."""

    client: Client
    namespace: str
    export_root: Path
    classes: dict[str, str]

    def begin(self) -> None:
        """Create the claims, wait for their volumes, and write data there."""
        for name, storage_class in self.classes.items():
            self.client.create(resources.CLAIMS, whole_claim(name, self.namespace, storageClassName=storage_class))
        wait_for("the claims to be bound", lambda: self.bound() == {*self.classes}, WITHIN)
        wait_for("the namespace's gid", lambda: gid_of(self.client, self.namespace), WITHIN)
        for each in self.volumes():
            directory = self.export_root / Path(each["spec"]["nfs"]["path"]).name
            (directory / "deep" / "er").mkdir(parents=True)
            (directory / "deep" / "data").write_text(each["spec"]["claimRef"]["name"])
            (directory / "link").symlink_to("deep/data")

    def delete_and_grow(self) -> None:
        """Ask for the end of the first claim, and for more of the third."""
        self.client.delete(resources.CLAIMS, "deleted", self.namespace)
        more = {"spec": {"resources": {"requests": {"storage": GROWN}}}}
        self.client.patch(resources.CLAIMS, "grown", more, self.namespace, type="merge")

    def is_deleted_and_grown(self) -> bool:
        """Whether nothing is left to do of that."""
        return self.bound() == {"archived", "grown"} == self.with_volumes() and self.size("grown") == GROWN

    def archive_and_copy(self) -> None:
        """Ask for the end of the second claim, and for a copy of the third."""
        self.client.delete(resources.CLAIMS, "archived", self.namespace)
        size = {"requests": {"storage": GROWN}}
        source = {"kind": "PersistentVolumeClaim", "name": "grown"}
        wanted = whole_claim(
            "copy", self.namespace, storageClassName=self.classes["grown"], resources=size, dataSource=source
        )
        self.client.create(resources.CLAIMS, wanted)

    def is_archived_and_copied(self) -> bool:
        """Whether nothing is left to do of that."""
        return self.bound() == {"grown", "copy"} == self.with_volumes()

    def is_tidy(self) -> bool:
        """Whether nothing is left of what was begun in vain, nor anything that is to be removed."""
        return not any(path for folder in ("aside", "doomed") for path in self._ours(folder))

    def bound(self) -> set[str]:
        """The names of the claims that have their volumes."""
        claims = self.client.list(resources.CLAIMS, self.namespace).items
        return {text(each, "metadata", "name") or "" for each in claims if phase(each) == "Bound"}

    def size(self, name: str) -> str | None:
        """What a claim says that it has."""
        return text(self.client.get(resources.CLAIMS, name, self.namespace), "status", "capacity", "storage")

    def with_volumes(self) -> set[str]:
        """For whose claims there are volumes."""
        return {text(each, "spec", "claimRef", "name") or "" for each in self.volumes()}

    def volumes(self) -> list[Json]:
        """The volumes of the namespace's claims."""
        found = self.client.list(resources.VOLUMES).items
        return [each for each in found if text(each, "spec", "claimRef", "namespace") == self.namespace]

    def state(self) -> list[str]:
        """All that there is in the end of claims, volumes and files, in words that are the same for every scene."""
        claims = [
            f"claim {text(each, 'metadata', 'name')} {phase(each)} {mapping(each, 'status').get('capacity')}"
            for each in self.client.list(resources.CLAIMS, self.namespace).items
        ]
        volumes = [
            f"volume of {text(each, 'spec', 'claimRef', 'name')} {phase(each)} {mapping(each, 'spec').get('capacity')}"
            f" {sorted(sequence(each, 'metadata', 'finalizers'))}"
            for each in self.volumes()
        ]
        files = [f"{path.relative_to(self.export_root)} {_content(path)}" for path in self._files()]
        return sorted(_VARYING.sub("*", each).replace(self.namespace, "team") for each in (*claims, *volumes, *files))

    def _files(self) -> Iterator[Path]:
        copies = (text(each, "spec", "claimRef", "uid") for each in self.volumes())
        ours = (
            *self._ours("archives", f"{self.namespace}_*"),
            *(path for uid in copies for path in self._ours("copies", uid)),
        )
        for top in (*self.export_root.glob(f"{self.namespace}-*"), *ours):
            yield from (top, *top.rglob("*"))

    def _ours(self, folder: str, names: str = "*") -> Iterator[Path]:
        """What is in a folder of nfs-steward's own area."""
        return (self.export_root / RESERVED / folder).glob(names)


def _content(path: Path) -> str:
    """Mode bits, and what is in a file or link."""
    mode = f"{path.lstat().st_mode:o}"
    if path.is_symlink():
        return f"{mode} {path.readlink()}"
    return f"{mode} {path.read_text()}" if path.is_file() else mode


@pytest.fixture
def undisturbed(client: Client, team: str, export_root: Path, make_class: MakeClass) -> Scene:
    """A scene that controllers have played to its end without any trouble."""
    classes = {
        "deleted": make_class(onDelete="delete"),
        "archived": make_class(onDelete="archive"),
        "grown": "nfs-growing",
    }
    scene = Scene(client, team, export_root, classes)
    scene.begin()
    scene.delete_and_grow()
    wait_for("it to be deleted and grown", scene.is_deleted_and_grown, WITHIN)
    scene.archive_and_copy()
    wait_for("it to be archived and copied", scene.is_archived_and_copied, WITHIN)
    return scene


@pytest.fixture
def scene(undisturbed: Scene, make_team: MakeNamespace) -> Scene:
    """The same scene in another namespace, of which nothing but the beginning has been played."""
    scene = Scene(undisturbed.client, make_team(), undisturbed.export_root, undisturbed.classes)
    scene.begin()
    return scene


def test_killed_again_and_again_it_leaves_the_same_as_undisturbed(
    undisturbed: Scene, scene: Scene, mortals: Mortals
) -> None:
    scene.delete_and_grow()
    while mortals.lives < MOST_LIVES and not mortals.live(1, is_done=scene.is_deleted_and_grown):
        pass
    assert scene.is_deleted_and_grown()

    # What was begun of a copy is given up, and begun anew: to die after each effect would lead nowhere.
    scene.archive_and_copy()
    mortals.endings.unlink()
    for is_done in (scene.is_archived_and_copied, scene.is_tidy):
        while mortals.lives < MOST_LIVES and not mortals.live(None, is_done):
            pass
    assert scene.is_archived_and_copied()
    assert scene.is_tidy()
    assert {*mortals.endings.read_text().splitlines()} >= STEPS
    assert scene.state() == undisturbed.state()
    growing = {"AllocateClaim": 1, "GrowVolume": 1, "GrowClaim": 1}
    expected = {**growing, "CreateVolume": 1, "ReleaseVolume": 2, "DeleteVolume": 2}
    assert {name: mortals.effects()[name] for name in expected} == expected
