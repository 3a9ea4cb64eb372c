"""Which directories of an export belong to somebody."""

from controller.doctor.places import places_on
from policy import keys
from policy.shapes import Json
from tests.controller.doctor.objects import namespace, policy, seen, volume

PATHS = policy(
    """
    profiles: [{name: default, inlinePaths: ["/nfs/data/inline/${namespace}"]}]
    exports: [{name: main, server: 10.0.0.5, path: /nfs/data}, {name: other, server: 10.0.0.5, path: /nfs/other}]
    """
)


TWICE = {"server": "10.0.0.5", "Server": "10.0.0.6", "share": "/nfs/data/e"}
"""What is malformed, and an API server takes."""


def pod(path: str) -> Json:
    return {"spec": {"volumes": [{"name": "v", "nfs": {"server": "10.0.0.5", "path": path}}]}}


def test_volumes_on_the_export_are_known_and_needed_while_they_are_bound() -> None:
    deleting = volume("d", "/nfs/data/d")
    deleting["metadata"]["deletionTimestamp"] = "2026-05-01T12:00:00Z"
    volumes = (
        volume("a", "/nfs/data/x/a"),
        volume("b", "/nfs/data/b", phase="Released"),
        volume("c", "/nfs/other/c"),
        deleting,
        volume("root", "/nfs/data"),
        {"metadata": {"name": "odd"}, "spec": {"csi": {"driver": keys.NFS_CSI_DRIVER, "volumeAttributes": TWICE}}},
    )
    places = places_on("main", seen(policy=PATHS, volumes=volumes))
    assert places.needed == {("x", "a"): "a"}
    assert places.known == {("x", "a"), ("b",), ("d",)}


def test_inline_volumes_of_pods_are_known() -> None:
    pods = (pod("/nfs/data/p"), pod("/nfs/other/q"), {"spec": {"volumes": ["malformed"]}})
    places = places_on("main", seen(policy=PATHS, pods=pods))
    assert (places.needed, places.known) == ({}, {("p",)})


def test_what_a_namespace_may_mount_inline_is_known() -> None:
    places = places_on("main", seen(policy=PATHS, namespaces=(namespace("team-a"),)))
    assert places.known == {("inline", "team-a")}


def test_another_export_inside_is_known_and_one_of_another_server_is_not() -> None:
    inside = policy(
        """
        profiles: [{name: default}]
        exports:
        - {name: main, server: 10.0.0.5, path: /nfs/data}
        - {name: inside, server: 10.0.0.5, path: /nfs/data/disks/fast}
        - {name: away, server: 10.0.0.6, path: /nfs/data/away}
        """
    )
    assert places_on("main", seen(policy=inside)).known == {("disks", "fast")}
    assert places_on("inside", seen(policy=inside)).known == frozenset()
