"""Claims of a class that names two exports, of which one has a controller only where a test starts it."""

from pathlib import Path

from kube import resources
from kube.client import Client
from policy import keys
from policy.shapes import Json, annotations, text
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .installation import MAIN, OWN, Installation
from .objects import OWN_PATH, phase, pod, whole_claim
from .recording import recording


def bound(client: Client, namespace: str, **spec: str) -> Json:
    """A claim of such a class once it is bound."""
    with recording(client, resources.CLAIMS, namespace) as claims:
        client.create(resources.CLAIMS, whole_claim("a", namespace, **{"storageClassName": "nfs-spread", **spec}))
        claims.wait_for("it to be bound", lambda now: phase(now.get("a", {})) == "Bound", WITHIN)
        return claims.latest["a"]


def path_of(client: Client, claim: Json) -> str:
    """Where its volume is."""
    made = client.get(resources.VOLUMES, text(claim, "spec", "volumeName") or "")
    return text(made, "spec", "nfs", "path") or ""


def test_an_export_without_a_controller_gets_no_claims(client: Client, team: str, export_root: Path) -> None:
    claim = bound(client, team)

    assert annotations(claim)[keys.CHOSEN_EXPORT] == MAIN
    assert (export_root / Path(path_of(client, claim)).name).is_dir()


def test_a_claim_moves_on_from_an_export_that_loses_its_controller(
    installation: Installation, client: Client, team: str, tmp_path: Path
) -> None:
    with installation.serving(OWN, tmp_path), installation.without(MAIN):
        claim = bound(client, team)

    assert annotations(claim)[keys.CHOSEN_EXPORT] == OWN
    assert path_of(client, claim).startswith(f"{OWN_PATH}/")
    assert (tmp_path / Path(path_of(client, claim)).name).is_dir()


def test_where_nobody_leads_the_claim_says_so_and_waits(installation: Installation, client: Client, team: str) -> None:
    with recording(client, resources.EVENTS, team) as events:
        with installation.without(MAIN):
            client.create(resources.CLAIMS, whole_claim("a", team, storageClassName="nfs-spread"))
            told = events.wait_for(
                "the Event",
                lambda now: next((each for each in now.values() if each["reason"] == "NoExportAvailable"), None),
                WITHIN,
            )
        assert "main has no controller" in told["message"]
    wait_for("it to be bound", lambda: phase(client.get(resources.CLAIMS, "a", team)) == "Bound", WITHIN)


def test_a_class_that_waits_is_chosen_for_when_the_scheduler_has_chosen(
    client: Client, team: str, stand_in: dict[str, str]
) -> None:
    with recording(client, resources.CLAIMS, team) as claims:
        client.create(resources.CLAIMS, whole_claim("late", team, storageClassName="nfs-spread-late"))
        client.create(resources.CLAIMS, whole_claim("soon", team, storageClassName="nfs-spread"))
        claims.wait_for("the other claim to be bound", lambda now: phase(now.get("soon", {})) == "Bound", WITHIN)
        assert keys.CHOSEN_EXPORT not in annotations(claims.latest["late"])
        source = {"persistentVolumeClaim": {"claimName": "late"}}
        client.create(resources.PODS, pod("a", team, source, nodeSelector=stand_in))
        claims.wait_for("it to be bound", lambda now: phase(now.get("late", {})) == "Bound", WITHIN)
    assert annotations(claims.latest["late"])[keys.CHOSEN_EXPORT] == MAIN
