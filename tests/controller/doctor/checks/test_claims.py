"""Claims that wait, and why."""

import pytest

from controller.doctor.observed import Observed, Part
from policy import keys
from policy.shapes import Json
from tests.controller.doctor.objects import claim, event, namespace, says, seen, storage_class, told, volume

LATE = storage_class("late", volumeBindingMode="WaitForFirstConsumer")
OTHERS = volume(claimRef={"namespace": "team", "name": "another"}, storageClassName="nfs")
FREE = volume(storageClassName="nfs")


def stuck(waiting: Json, **parts: object) -> Observed:
    return seen(claims=(waiting,), **{"classes": (storage_class(), LATE), "namespaces": (namespace(),), **parts})


@pytest.mark.parametrize(
    ("observed", "phrases"),
    [
        pytest.param(stuck(claim(phase="Bound")), [], id="bound"),
        pytest.param(stuck(claim(phase="Lost", volumeName="v")), ["Its volume v is gone"], id="lost"),
        pytest.param(stuck(claim(), classes=(), namespaces=()), ["namespace team is not opted in"], id="no class"),
        pytest.param(
            stuck(claim(), namespaces=(namespace(profile="silent"),)),
            ["profile silent, which its namespace gets, names none"],
            id="a profile without a class",
        ),
        pytest.param(stuck(claim()), ["although its namespace gives nfs"], id="a class that nobody has filled in"),
        pytest.param(
            stuck(claim(), unseen={Part.POLICY: "x"}), ["Give --policy"], id="no class, and no policy to tell why"
        ),
        pytest.param(stuck(claim(storageClassName="gone")), ["Its class gone does not exist"], id="no such class"),
        pytest.param(stuck(claim(storageClassName="late")), [], id="it waits for a Pod"),
        pytest.param(
            stuck(claim(storageClassName="late", annotations={keys.SELECTED_NODE: "n"})),
            ["Nobody makes a volume for it"],
            id="its Pod has a node",
        ),
        pytest.param(stuck(claim(storageClassName="nfs")), ["It has waited for 60 min"], id="nobody says why"),
        pytest.param(stuck(claim(waited=5, storageClassName="nfs")), [], id="it has just come"),
        pytest.param(
            stuck(
                claim(waited=5, storageClassName="nfs"),
                events=(event("new", "2026-05-01T11:59:59Z"), event("old", "2026-05-01T11:00:00Z")),
            ),
            [f"{keys.PROVISIONER} makes no volume: new"],
            id="the newest Event says why",
        ),
        pytest.param(
            stuck(claim(waited=5, storageClassName="nfs"), events=(event("no", name="another"),)),
            [],
            id="an Event about another claim",
        ),
        pytest.param(stuck(claim(storageClassName="")), ["no volume without one fits"], id="no static volume fits"),
        pytest.param(stuck(claim(volumeName="v")), ["volume v, which does not exist"], id="it names no volume that is"),
        pytest.param(
            stuck(claim(volumeName="v", storageClassName="nfs"), volumes=(OTHERS,)),
            ["which is team/another's"],
            id="it names another's volume",
        ),
        pytest.param(
            stuck(claim(volumeName="v", storageClassName=""), volumes=(FREE,)),
            ["has class 'nfs', and the claim has class ''"],
            id="it names a volume of another class",
        ),
        pytest.param(
            stuck(claim(volumeName="v", storageClassName="nfs"), volumes=(FREE,)),
            ["is not bound to it"],
            id="it names a volume and is not bound",
        ),
    ],
)
def test_stuck_claims(observed: Observed, phrases: list[str]) -> None:
    assert says(told("claim-stuck", observed), *phrases)


REFUSED = 'persistentvolumeclaims "data-0" is forbidden: exceeded quota: nfs-steward, requested: 1Gi'


@pytest.mark.parametrize(
    ("observed", "phrases"),
    [
        pytest.param(
            seen(events=(event(REFUSED, kind="StatefulSet", name="db"),) * 2), ["StatefulSet db"], id="no room"
        ),
        pytest.param(seen(events=(event("exceeded quota: pods", kind="Job", name="j"),)), [], id="for Pods"),
        pytest.param(seen(events=(event("persistentvolumeclaims: unbound", kind="Pod"),)), [], id="something else"),
    ],
)
def test_claims_that_a_quota_refuses(observed: Observed, phrases: list[str]) -> None:
    assert says(told("claim-over-quota", observed), *phrases)
