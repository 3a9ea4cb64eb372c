"""Volumes for their whole life, as Pods on a real node meet them: whose they are, how they grow, are copied and end."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from policy import keys
from policy.paths import RESERVED
from policy.shapes import Json, text
from testbed.bed import Testbed
from testbed.product.release import Release
from testbed.waiting import wait_for
from tests.cluster.objects import nfs, phase, pod, template, volume, whole_claim

from .conftest import MakeNamespace
from .installed import GIDS, WITHIN

pytestmark = [pytest.mark.cluster, pytest.mark.node]

SOMEBODY = 1000
"""A uid that owns nothing on the export."""

OURS = {"provisioner": keys.PROVISIONER, "allowVolumeExpansion": True}


@dataclass(frozen=True)
class Team:
    """An opted-in namespace on the node, and what people do in it."""

    bed: Testbed
    namespace: str

    def claim(self, name: str, storage_class: str, **spec: Any) -> None:
        """Have a claim, bound."""
        self.bed.kubectl.create(whole_claim(name, self.namespace, storageClassName=storage_class, **spec))
        wait_for(f"{name} to be bound", lambda: phase(self.get("pvc", name)) == "Bound", WITHIN)

    def get(self, kind: str, name: str) -> Json:
        """An object, as it is now."""
        found: Json = self.bed.kubectl.json("get", kind, name, f"--namespace={self.namespace}")
        return found

    def run(self, name: str, script: str, *sources: Json, uid: int = SOMEBODY) -> str:
        """Have a Pod run a script to its end as that user; returns what it said. Its volumes are at /mnt/v0, ..."""
        container = {"command": ["sh", "-c", script]}
        security = {"runAsUser": uid, "runAsGroup": uid}
        runs = pod(name, None, *sources, container=container, securityContext=security, restartPolicy="Never")
        self.bed.kubectl.create({**runs, "metadata": {"name": name, "namespace": self.namespace}})
        wait_for(f"{name} to have run", lambda: phase(self.get("pod", name)) in ("Succeeded", "Failed"), WITHIN)
        said = str(self.bed.kubectl("logs", name, f"--namespace={self.namespace}"))
        self.bed.kubectl("delete", "pod", name, f"--namespace={self.namespace}", "--wait=false")
        return said

    def volume_of(self, claim: str) -> Json:
        """The volume of a claim."""
        found: Json = self.bed.kubectl.json("get", "pv", str(text(self.get("pvc", claim), "spec", "volumeName")))
        return found


@pytest.fixture
def make_people(bed: Testbed, make_team: MakeNamespace) -> Callable[[], Team]:
    """Make another team."""
    return lambda: Team(bed, make_team())


@pytest.fixture
def people(make_people: Callable[[], Team]) -> Team:
    """A team."""
    return make_people()


@pytest.fixture(scope="package")
def classes(bed: Testbed, release: Release) -> dict[str, str]:
    """Classes by what happens on delete."""
    names = {each: f"life-{each}" for each in ("delete", "archive", "retain")}
    for on_delete, name in names.items():
        bed.kubectl.create(
            {
                "apiVersion": "storage.k8s.io/v1",
                "kind": "StorageClass",
                "metadata": {"name": name},
                "parameters": {"onDelete": on_delete, "pathPattern": "${.PVC.namespace}/${.PVC.name}"},
                **OURS,
            }
        )
    return names


def claimed(name: str) -> Json:
    """A Pod's volume that is a claim."""
    return {"persistentVolumeClaim": {"claimName": name}}


def test_two_namespaces_write_their_own_and_read_not_the_others(
    bed: Testbed, make_people: Callable[[], Team], classes: dict[str, str]
) -> None:
    ours, theirs = make_people(), make_people()
    for team in (ours, theirs):
        team.claim("data", classes["delete"])
        said = team.run("writer", "echo secret > /mnt/v0/file && cat /mnt/v0/file", claimed("data"))
        assert said == "secret\n", "somebody who is not root writes by the group of the namespace"
    gids = {int(team.volume_of("data")["metadata"]["annotations"][keys.VOLUME_GID]) for team in (ours, theirs)}
    assert len(gids) == 2
    assert all(GIDS["from"] <= gid <= GIDS["to"] for gid in gids)

    peeking = nfs(f"{theirs.namespace}/data")
    assert "denied" in ours.run("peeking", "cat /mnt/v0/file 2>&1", peeking)


@pytest.mark.parametrize("uid", [pytest.param(0, id="root"), pytest.param(SOMEBODY, id="somebody")])
def test_every_kind_of_volume_is_written_to(bed: Testbed, people: Team, classes: dict[str, str], uid: int) -> None:
    people.claim("claimed", classes["delete"])
    static = volume(
        f"{people.namespace}-static", nfs(f"{people.namespace}-static"), reserved_for=(people.namespace, "by-hand")
    )
    bed.kubectl.create({**static, "spec": {**static["spec"], "storageClassName": ""}})
    people.claim("by-hand", "", volumeName=f"{people.namespace}-static")
    ephemeral = template(storageClassName=classes["delete"], **whole_claim("x")["spec"])
    sources = (claimed("claimed"), claimed("by-hand"), nfs(f"{people.namespace}-inline"), ephemeral)

    script = "for each in 0 1 2 3; do echo $each > /mnt/v$each/file && cat /mnt/v$each/file; done 2>&1"
    assert people.run("writer", script, *sources, uid=uid).split() == ["0", "1", "2", "3"]


def test_a_claim_grows_while_a_pod_uses_it(bed: Testbed, people: Team, classes: dict[str, str]) -> None:
    people.claim("data", classes["delete"])
    there = f"--namespace={people.namespace}"
    user = pod("user", people.namespace, claimed("data"), container={"command": ["sh", "-c", "exec sleep 1000000"]})
    bed.kubectl.create(user)
    bed.kubectl("wait", "--for=condition=Ready", "pod/user", there, f"--timeout={WITHIN:.0f}s", timeout=WITHIN)

    larger = '{"spec":{"resources":{"requests":{"storage":"3Gi"}}}}'
    bed.kubectl("patch", "pvc", "data", there, "--type=merge", f"--patch={larger}")

    wait_for("the claim to have grown", lambda: capacity(people.get("pvc", "data")) == "3Gi", WITHIN)
    assert text(people.volume_of("data"), "spec", "capacity", "storage") == "3Gi"
    assert bed.kubectl("exec", "user", there, "--", "sh", "-c", "echo on > /mnt/v0/file && cat /mnt/v0/file") == "on\n"


def capacity(claim: Json) -> str | None:
    """What the claim's status says that it has."""
    return text(claim, "status", "capacity", "storage")


def test_a_clone_has_what_its_source_has_and_is_its_own(people: Team, classes: dict[str, str]) -> None:
    people.claim("source", classes["delete"])
    people.run("writer", "mkdir /mnt/v0/deep && echo first > /mnt/v0/deep/file", claimed("source"))

    people.claim("clone", classes["delete"], dataSource={"kind": "PersistentVolumeClaim", "name": "source"})

    script = "cat /mnt/v0/deep/file && echo second > /mnt/v0/deep/file && cat /mnt/v1/deep/file"
    assert people.run("reader", script, claimed("clone"), claimed("source")).split() == ["first", "first"]


@pytest.mark.parametrize("on_delete", ["delete", "archive", "retain"])
def test_data_ends_as_its_class_says_when_the_last_pod_and_the_claim_go(
    bed: Testbed, people: Team, classes: dict[str, str], on_delete: str
) -> None:
    there = f"--namespace={people.namespace}"
    people.claim("data", classes[on_delete])
    people.run("writer", "echo kept > /mnt/v0/file && chmod 600 /mnt/v0/file", claimed("data"))
    name = str(text(people.volume_of("data"), "metadata", "name"))
    directory = bed.export.root / people.namespace / "data"
    assert (directory / "file").read_text() == "kept\n"

    bed.kubectl("delete", "pvc", "data", there, f"--timeout={WITHIN:.0f}s", timeout=WITHIN)

    if on_delete == "retain":
        wait_for("its release", lambda: phase(bed.kubectl.json("get", "pv", name)) == "Released", WITHIN)
        assert (directory / "file").read_text() == "kept\n"
        return
    gone = ("get", "pv", name, "--ignore-not-found", "-o=name")
    wait_for("its volume to be gone", lambda: not bed.kubectl(*gone), WITHIN)
    assert not directory.exists()
    archived = [each.read_text() for each in bed.export.root.glob(f"{RESERVED}/archives/{people.namespace}*/data/file")]
    assert archived == (["kept\n"] if on_delete == "archive" else [])
