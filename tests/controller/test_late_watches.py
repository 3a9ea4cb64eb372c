"""Objects that a decision reads and that are seen, or come, after the one that it is about. No full pass helps here."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from controller.export.operations import SystemCalls
from controller.options import Seams
from controller.process import ControllerProcess
from policy import keys
from tests.settled import settled

from .conftest import CLAIMS, CORE, VOLUMES, ApiServer

Start = Callable[..., ControllerProcess]
Eventually = Callable[..., None]

VOLUME = f"{VOLUMES}/pvc-uid-of-data"
SIZE = {"storage": "1Gi"}
LEFT_ALONE = {keys.INJECT: keys.INJECT_DISABLED}


class OwnersKept(SystemCalls):
    """An export that gives nothing away."""

    def set_owner(self, _directory: int, _uid: int, _gid: int) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))


def relabel(api: ApiServer, path: str, **metadata: Any) -> None:
    """Give an object other labels or annotations."""
    found = api.objects[path]
    api.put(path, {**found, "metadata": {**found["metadata"], **metadata}})


def test_the_volume_of_a_namespace_that_is_seen_late_has_the_options_of_its_profile(
    api: ApiServer, start_controller: Start, eventually: Eventually
) -> None:
    process = start_controller(cluster=False)
    eventually(lambda: settled(process, "export-main", "house"))
    namespace = f"{CORE}/namespaces/team-b"
    api.late.add("namespaces")
    api.put(namespace, {"metadata": {"labels": {keys.INJECT: keys.INJECT_ENABLED}}})
    asked = {"annotations": {keys.STORAGE_PROVISIONER_ANNOTATIONS[0]: keys.PROVISIONER}}
    spec = {"storageClassName": "ours", "accessModes": ["ReadWriteMany"], "resources": {"requests": SIZE}}
    pending = {"metadata": asked, "spec": spec, "status": {"phase": "Pending"}}
    api.put(f"{namespace}/persistentvolumeclaims/data", pending)
    eventually(lambda: settled(process, "export-main", "claim", "again"))
    assert VOLUME not in api.objects

    api.catch_up()
    eventually(lambda: VOLUME in api.objects)
    assert api.objects[VOLUME]["spec"]["mountOptions"] == ["hard", "noatime"]


def test_a_static_volume_has_its_directory_once_its_claim_is_left_alone_no_longer(
    api: ApiServer, start_controller: Start, exported: dict[str, Path], eventually: Eventually
) -> None:
    api.claim("data", volumeName="data")
    relabel(api, f"{CLAIMS}/data", labels=LEFT_ALONE)
    api.static_volume("data", "/nfs/data/static")
    process = start_controller(cluster=False)
    eventually(lambda: settled(process, "export-main", "volume"))
    assert not (exported["main"] / "static").exists()

    relabel(api, f"{CLAIMS}/data", labels={})
    eventually((exported["main"] / "static").is_dir)


def test_a_claim_that_asked_for_more_before_its_volume_was_ours_gets_it_then(
    api: ApiServer, start_controller: Start, eventually: Eventually
) -> None:
    api.put("/apis/storage.k8s.io/v1/storageclasses/growing", {"provisioner": "x", "allowVolumeExpansion": True})
    spec = {
        "storageClassName": "growing",
        "volumeName": "pvc-uid-of-data",
        "resources": {"requests": {"storage": "2Gi"}},
    }
    api.put(f"{CLAIMS}/data", {"spec": spec, "status": {"phase": "Bound", "capacity": SIZE}})
    ref = {"namespace": "team-a", "name": "data", "uid": "uid-of-data"}
    source = {"server": "10.0.0.5", "path": "/nfs/data/theirs"}
    theirs = {"annotations": {keys.PROVISIONED_BY: "somebody"}}
    bound = {"spec": {"nfs": source, "claimRef": ref, "capacity": SIZE}, "status": {"phase": "Bound"}}
    api.put(VOLUME, {"metadata": theirs, **bound})
    start_controller()
    api.pod("web", "/nfs/data/web")
    eventually(lambda: api.gates("web") == [])
    assert api.objects[VOLUME]["spec"]["capacity"] == SIZE

    relabel(api, VOLUME, annotations={keys.PROVISIONED_BY: keys.PROVISIONER})
    eventually(lambda: api.objects[f"{CLAIMS}/data"]["status"]["capacity"] == {"storage": "2Gi"})


def test_a_directory_is_not_said_to_have_been_there_before_while_its_new_volume_is_not_seen_yet(
    api: ApiServer, start_controller: Start, eventually: Eventually
) -> None:
    """As when the binder writes on the claim, which the watch on claims brings before the other brings the volume."""
    parameters = {"export": "main", "uid": "1234"}
    api.put("/apis/storage.k8s.io/v1/storageclasses/owned", {"provisioner": keys.PROVISIONER, "parameters": parameters})
    asked: list[str] = []
    api.refuse = lambda method, path: asked.append(path) if method == "POST" and path == VOLUMES else None
    api.late.add("persistentvolumes")
    api.claim("data", storageClassName="owned")
    process = start_controller(Seams(lambda _real: OwnersKept()))
    eventually(lambda: VOLUME in api.objects)

    relabel(api, f"{CLAIMS}/data", labels={"a": "b"})
    eventually(lambda: len(asked) > 1)
    api.catch_up()
    eventually(lambda: settled(process, "export-main", "claim"))

    told = [message for reason, message in api.events("data") if reason == "OwnershipIncomplete"]
    assert len(told) == 1
    assert "owner 1234 was refused" in told[0]
