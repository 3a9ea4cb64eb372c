"""Telling when Pods are let go, and what they look like before."""

from pathlib import Path

from bench.volumes.directories import Lifted, bound_volume, gated_pod, is_gated
from controller.observed.records import is_our_gate, pod_record, volume_record
from kube.cache import Change, Key
from testbed.export import PlainFolder

EXPORT = PlainFolder(Path("nowhere"))


def change(name: str, gated: bool | None) -> Change[bool]:
    return Change("changed", Key("bench", name), None, gated)


def test_all_are_let_go_once_each_has_been_seen_without_a_gate() -> None:
    lifted = Lifted(2)

    for each in (change("a", True), change("a", False), change("a", False), change("b", True)):
        lifted.changed(each)
    assert list(lifted.at) == ["a"]
    assert not lifted.all_lifted.is_set()

    lifted.changed(change("b", False))
    assert lifted.all_lifted.is_set()


def test_a_pod_that_is_deleted_was_not_let_go() -> None:
    lifted = Lifted(1)

    lifted.changed(change("a", None))

    assert not lifted.at


def test_pods_are_as_the_webhook_leaves_them() -> None:
    pod = gated_pod(EXPORT, "a")

    record = pod_record(pod)

    assert record is not None
    assert is_gated(pod)
    assert all(is_our_gate(gate) for gate in record.gates)
    assert [volume.source.path for volume in record.volumes] == ["/nfs/data/a"]


def test_volumes_belong_to_their_claims() -> None:
    record = volume_record(bound_volume(EXPORT, "a", "uid-of-a"))

    assert record.claim is not None
    assert (record.claim.name, record.claim.uid) == ("a", "uid-of-a")
