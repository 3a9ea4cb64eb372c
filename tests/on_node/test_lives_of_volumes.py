"""Volumes for their whole life, as Pods on a real node meet them: whose they are, how they grow, are copied and end."""

from collections.abc import Callable

import pytest

from policy import keys
from policy.paths import RESERVED
from policy.shapes import annotations, text
from testbed.bed import Testbed
from testbed.waiting import wait_for
from tests.cluster.objects import nfs, phase, template, volume, whole_claim

from .installed import GIDS, WITHIN
from .patience import patience
from .team import SOMEBODY, Team, claimed

pytestmark = [pytest.mark.cluster, pytest.mark.node]


def test_two_namespaces_write_their_own_and_read_not_the_others(
    bed: Testbed, make_people: Callable[[], Team], classes: dict[str, str]
) -> None:
    ours, theirs = make_people(), make_people()
    for team in (ours, theirs):
        team.claim("data", classes["delete"])
        team.begin("writer", "echo secret > /mnt/v0/file && cat /mnt/v0/file", claimed("data"))
    said = [team.end("writer") for team in (ours, theirs)]
    assert said == ["secret\n"] * 2, "somebody who is not root writes by the group of the namespace"
    gids = {int(team.volume_of("data")["metadata"]["annotations"][keys.VOLUME_GID]) for team in (ours, theirs)}
    assert len(gids) == 2
    assert all(GIDS["from"] <= gid <= GIDS["to"] for gid in gids)

    for team, others in ((ours, theirs), (theirs, ours)):
        team.begin("peeking", "cat /mnt/v0/file 2>&1", nfs(f"{others.namespace}/data"))
    assert all("denied" in team.end("peeking") for team in (ours, theirs))


def test_every_kind_of_volume_is_written_to_by_root_and_by_somebody(
    bed: Testbed, people: Team, classes: dict[str, str]
) -> None:
    """Each in a Pod of its own: a group that a Pod gets with one volume lets it into others as well."""
    people.claim("claimed", classes["delete"])
    static = volume(
        f"{people.namespace}-static", nfs(f"{people.namespace}-static"), reserved_for=(people.namespace, "by-hand")
    )
    bed.kubectl.create({**static, "spec": {**static["spec"], "storageClassName": ""}})
    people.claim("by-hand", "", volumeName=f"{people.namespace}-static")
    wait_for("its gid", lambda: keys.VOLUME_GID in annotations(people.volume_of("by-hand")), WITHIN)
    sources = {
        "claimed": claimed("claimed"),
        "static": claimed("by-hand"),
        "inline": nfs(f"{people.namespace}-inline"),
        "ephemeral": template(storageClassName=classes["delete"], **whole_claim("x")["spec"]),
    }
    writers = {f"{kind}-{uid}": (uid, source) for kind, source in sources.items() for uid in (0, SOMEBODY)}

    with patience(bed):
        for name, (uid, source) in writers.items():
            people.begin(name, f"echo {name} > /mnt/v0/{uid} && cat /mnt/v0/{uid}", source, uid=uid)

    assert {name: people.end(name) for name in writers} == {name: f"{name}\n" for name in writers}


def test_a_claim_grows_while_a_pod_uses_it(people: Team, classes: dict[str, str]) -> None:
    people.claim("data", classes["delete"])
    people.start("user", claimed("data"))

    people.grow("data", "3Gi")

    assert text(people.volume_of("data"), "spec", "capacity", "storage") == "3Gi"
    assert people.ask("user", "echo on > /mnt/v0/file && cat /mnt/v0/file") == "on\n"


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
