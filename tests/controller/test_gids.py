"""Gids of namespaces, from the API's point of view: whole controllers against an API server on loopback."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.process import ControllerProcess
from tests.settled import settled

Start = Callable[..., ControllerProcess]
Eventually = Callable[..., None]

CORE = "/api/v1"
LEDGER = f"{CORE}/namespaces/nfs-steward/configmaps/nfs-steward-gids"
VOLUMES = f"{CORE}/persistentvolumes"
CLAIMS = f"{CORE}/namespaces/team-a/persistentvolumeclaims"
GID = os.getegid() or 100_000
"""One that whoever runs the tests may give to a directory."""


@pytest.fixture
def policy_file(policy_file: Path) -> Path:
    """Directories get the gid of their namespace."""
    fixed = policy_file.read_text().replace(f", gid: {os.getegid()}}}", "}")
    policy_file.write_text(f"{fixed}gidRange: {{from: {GID}, to: {GID + 9}}}\n")
    return policy_file


def entries(api: Any) -> dict[str, str]:
    found: dict[str, str] = api.objects.get(LEDGER, {}).get("data", {})
    return found


def test_a_claims_directory_and_volume_have_the_gid_of_its_namespace(
    api: Any, start_controller: Start, exported: dict[str, Path], eventually: Eventually
) -> None:
    api.claim("data", storageClassName="ours")
    start_controller()

    eventually(lambda: f"{VOLUMES}/pvc-uid-of-data" in api.objects)
    assert entries(api) == {str(GID): "team-a uid-of-team-a"}
    found = (exported["main"] / "team-a-data-pvc-uid-of-data").stat()
    assert (found.st_gid, stat.S_IMODE(found.st_mode)) == (GID, 0o2770)
    marks = api.objects[f"{VOLUMES}/pvc-uid-of-data"]["metadata"]["annotations"]
    assert marks["pv.beta.kubernetes.io/gid"] == str(GID)


@pytest.mark.parametrize("cluster", [pytest.param(False, id="alone"), pytest.param(True, id="with the cluster's")])
def test_an_exports_duty_gives_gids_to_directories_of_pods_and_static_volumes(
    api: Any, start_controller: Start, exported: dict[str, Path], eventually: Eventually, cluster: bool
) -> None:
    api.pod("web", "/nfs/data/web")
    api.static_volume("static", "/nfs/data/static")
    start_controller(cluster=cluster)

    eventually(lambda: api.gates("web") == [] and (exported["main"] / "static").is_dir())
    eventually(lambda: {(exported["main"] / name).stat().st_gid for name in ("web", "static")} == {GID})


def test_a_static_volume_carries_the_gid_of_its_namespace_as_long_as_it_has_a_claim(
    api: Any, start_controller: Start, eventually: Eventually
) -> None:
    api.static_volume("static", "/nfs/data/static")
    start_controller()
    volume = f"{VOLUMES}/static"

    def said() -> str | None:
        found: str | None = api.objects[volume]["metadata"].get("annotations", {}).get("pv.beta.kubernetes.io/gid")
        return found

    def now(spec: dict[str, Any], phase: str) -> None:
        kept = api.objects[volume]
        api.put(volume, {**kept, "spec": {**kept["spec"], **spec}, "status": {"phase": phase}})

    eventually(lambda: said() == str(GID))
    now({}, "Released")
    eventually(lambda: said() is None)
    eventually(lambda: "GidTakenBack" in api.reasons("static"))

    now({"claimRef": {"namespace": "team-a", "name": "later"}}, "Available")
    eventually(lambda: said() == str(GID))


def test_a_namespace_that_is_opted_in_has_its_gid_before_anything_in_it_needs_one(
    api: Any, start_controller: Start, eventually: Eventually
) -> None:
    start_controller(exports={})

    eventually(lambda: entries(api) == {str(GID): "team-a uid-of-team-a"})


def test_a_namespace_that_is_made_again_is_another_one(
    api: Any, start_controller: Start, eventually: Eventually
) -> None:
    start_controller()
    eventually(lambda: str(GID) in entries(api))

    api.remove(f"{CORE}/namespaces/team-a")
    eventually(lambda: entries(api)[str(GID)].startswith("team-a uid-of-team-a 2"))
    opted_in = {"uid": "another", "labels": {"nfs-steward.io/inject": "enabled"}}
    api.put(f"{CORE}/namespaces/team-a", {"metadata": opted_in})

    eventually(lambda: entries(api).get(str(GID + 1)) == "team-a another")


def test_a_namespace_that_went_before_the_controller_had_seen_its_entry_is_marked(
    api: Any, start_controller: Start, eventually: Eventually
) -> None:
    api.late.add("configmaps")
    process = start_controller(exports={})
    eventually(lambda: str(GID) in entries(api))

    api.remove(f"{CORE}/namespaces/team-a")
    eventually(lambda: settled(process, "cluster", "gids") == 2)  # when it began to lead, and now
    api.catch_up()

    eventually(lambda: entries(api)[str(GID)].startswith("team-a uid-of-team-a 2"))


def test_a_namespace_that_went_while_nobody_looked_is_marked_later(
    api: Any, start_controller: Start, eventually: Eventually
) -> None:
    api.put(LEDGER, {"data": {str(GID): "long-gone uid-of-it", str(GID + 1): "team-a uid-of-team-a"}})
    start_controller(exports={})

    eventually(lambda: entries(api)[str(GID)].startswith("long-gone uid-of-it 2"))
    assert entries(api)[str(GID + 1)] == "team-a uid-of-team-a"


def test_one_that_went_is_marked_also_while_another_waits_for_a_gid(
    api: Any, start_controller: Start, eventually: Eventually
) -> None:
    api.put(LEDGER, {"data": {str(GID): "long-gone uid-of-it"}})
    start_controller(exports={})

    eventually(lambda: entries(api)[str(GID)].startswith("long-gone uid-of-it 2"))
    eventually(lambda: entries(api).get(str(GID + 1)) == "team-a uid-of-team-a")


def test_what_somebody_wrote_into_the_ledger_stays_and_is_told(
    api: Any, start_controller: Start, eventually: Eventually
) -> None:
    by_hand = {str(GID): "keep off!", "notes": "see ticket"}
    api.put(LEDGER, {"data": by_hand})
    start_controller()

    eventually(lambda: entries(api).get(str(GID + 1)) == "team-a uid-of-team-a")
    assert by_hand.items() <= entries(api).items()
    eventually(lambda: "keep off!" in dict(api.events("nfs-steward-gids")).get("GidLedgerDamaged", ""))


def test_a_range_that_is_used_up_is_told_and_a_larger_one_helps(
    api: Any, start_controller: Start, policy_file: Path, eventually: Eventually
) -> None:
    api.put(LEDGER, {"data": {str(GID + each): f"others u{each}" for each in range(10)}})
    for each in range(10):
        api.put(f"{CORE}/namespaces/team-{each}", {"metadata": {"uid": f"u{each}"}})
    api.put(LEDGER, {"data": {str(GID + each): f"team-{each} u{each}" for each in range(10)}})
    api.claim("data", storageClassName="ours")
    start_controller(cluster=False)

    eventually(lambda: "GidNotAssigned" in api.reasons("data"))
    assert "gidRange" in dict(api.events("data"))["GidNotAssigned"]
    assert not any(path.startswith(VOLUMES) for path in api.objects)

    policy_file.write_text(policy_file.read_text().replace(f"to: {GID + 9}", f"to: {GID + 10}"))
    eventually(lambda: entries(api).get(str(GID + 10)) == "team-a uid-of-team-a")


def test_two_controllers_at_once_give_no_gid_twice(
    api: Any, start_controller: Start, exported: dict[str, Path], eventually: Eventually
) -> None:
    for each in range(8):
        api.put(f"{CORE}/namespaces/team-{each}", {"metadata": {"labels": {"nfs-steward.io/inject": "enabled"}}})
        source = {
            "server": "10.0.0.5" if each % 2 else "10.0.0.6",
            "path": f"/{'nfs/data' if each % 2 else 'srv'}/x{each}",
        }
        claim = {"namespace": f"team-{each}", "name": "data"}
        api.put(f"{VOLUMES}/static-{each}", {"spec": {"nfs": source, "claimRef": claim}})
    for name, folder in exported.items():
        start_controller(cluster=False, exports={name: folder})
    start_controller(exports={})

    eventually(lambda: len(entries(api)) == 9)
    assert len(set(entries(api).values())) == 9
