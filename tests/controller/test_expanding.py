"""Claims that grow, by whole controllers: which may die between any two effects, and be followed by others."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from controller.decisions.actions import ApiEffect, GrowClaim, Tell
from controller.gateway import ApiGateway
from controller.options import Seams
from controller.process import ControllerProcess
from policy import keys
from policy.quantity import parse_quantity
from tests.lives import Life, MortalApi

Start = Callable[..., ControllerProcess]
Eventually = Callable[..., None]
Json = dict[str, Any]

CLAIM = "/api/v1/namespaces/team-a/persistentvolumeclaims/data"
VOLUME = "/api/v1/persistentvolumes/pvc-uid-of-data"
CLASS = "/apis/storage.k8s.io/v1/storageclasses/ours"


def capacity(size: str) -> Json:
    return {"capacity": {"storage": size}}


@pytest.fixture
def grown(api: Any) -> Any:
    """A claim with 1Gi that has come to ask for 2Gi, of a class that allows it."""
    api.put(CLASS, {**api.objects[CLASS], "allowVolumeExpansion": True})
    api.claim("data", storageClassName="ours", volumeName="pvc-uid-of-data")
    claim = api.objects[CLAIM]
    claim["spec"]["resources"]["requests"]["storage"] = "2Gi"
    api.put(CLAIM, {**claim, "status": {"phase": "Bound", **capacity("1Gi")}})
    marks = {"annotations": {keys.PROVISIONED_BY: keys.PROVISIONER}}
    ref = {"namespace": "team-a", "name": "data", "uid": "uid-of-data"}
    source = {"server": "10.0.0.5", "path": "/nfs/data/x"}
    spec = {**capacity("1Gi"), "claimRef": ref, "nfs": source, "mountOptions": ["hard"]}
    api.put(VOLUME, {"metadata": marks, "spec": spec, "status": {"phase": "Bound"}})
    return api


def sizes(api: Any) -> tuple[str, str]:
    """What the volume has, and what its claim says."""
    objects = api.objects
    return objects[VOLUME]["spec"]["capacity"]["storage"], objects[CLAIM]["status"]["capacity"]["storage"]


def counted(api: Any) -> int:
    """What quotas count for the claim, in bytes: what it asks for or what is allocated to it, whichever is more."""
    claim = api.objects[CLAIM]
    asked = claim["spec"]["resources"]["requests"]["storage"]
    allocated = claim["status"].get("allocatedResources", {}).get("storage", asked)
    return max(parse_quantity(asked), parse_quantity(allocated))


def patched(api: Any) -> list[str]:
    """What was written to claims and volumes, in this order."""
    return [write.path for write in api.writes if write.method == "PATCH" and "/events/" not in write.path]


def test_a_claim_grows_with_its_volume_and_its_author_is_told(
    grown: Any, start_controller: Start, eventually: Eventually
) -> None:
    start_controller()

    eventually(lambda: sizes(grown) == ("2Gi", "2Gi"))
    eventually(lambda: grown.reasons("data") == ["VolumeExpanded"])
    assert patched(grown) == [f"{CLAIM}/status", VOLUME, f"{CLAIM}/status"]


def test_a_claim_grows_where_the_api_server_drops_what_is_allocated(
    grown: Any, start_controller: Start, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one up to 1.31 does, unless its feature gate RecoverVolumeExpansionFailure is on."""
    put = grown.put

    def forget(path: str, obj: Json) -> Json:
        for field in ("allocatedResources", "allocatedResourceStatuses"):
            obj.get("status", {}).pop(field, None)
        return put(path, obj)

    monkeypatch.setattr(grown, "put", forget)
    start_controller()

    eventually(lambda: sizes(grown) == ("2Gi", "2Gi"))
    eventually(lambda: grown.reasons("data") == ["VolumeExpanded"])
    assert patched(grown) == [f"{CLAIM}/status", VOLUME, f"{CLAIM}/status"]
    assert grown.objects[CLAIM]["status"]["conditions"] == []


@pytest.mark.parametrize("effects", [0, 1, 2, 3])
@pytest.mark.parametrize(
    ("meanwhile", "size"),
    [pytest.param("2Gi", "2Gi", id="as it was"), pytest.param("1200Mi", None, id="lowered again")],
)
def test_dying_after_any_effect_leads_to_a_claim_that_says_what_its_volume_has(
    grown: Any, start_controller: Start, eventually: Eventually, effects: int, meanwhile: str, size: str | None
) -> None:
    life = Life(effects)
    first = start_controller(Seams(api=lambda real: MortalApi(real, life)))
    eventually(lambda: life.attempted)
    first.stop()
    has = sizes(grown)[0]
    if effects < 3:
        grown.objects[CLAIM]["spec"]["resources"]["requests"]["storage"] = meanwhile
    assert counted(grown) >= parse_quantity(has)

    start_controller()

    expected = size or (meanwhile if has == "1Gi" else has)
    eventually(lambda: sizes(grown) == (expected, expected))
    assert grown.objects[CLAIM]["status"]["allocatedResources"] == {"storage": expected}


def test_an_author_who_goes_on_changing_the_request_does_not_keep_the_claim_from_saying_what_it_has(
    grown: Any, start_controller: Start, eventually: Eventually
) -> None:
    """Quotas count what a claim says; until then they count the request alone, which may be lowered."""
    requests = (f"{1100 + number}Mi" for number in count())

    @dataclass
    class Flipping:
        real: ApiGateway

        def perform(self, effect: ApiEffect) -> None:
            if isinstance(effect, GrowClaim):
                grown.objects[CLAIM]["spec"]["resources"]["requests"]["storage"] = next(requests)
            self.real.perform(effect)

        def tell(self, event: Tell) -> None:
            self.real.tell(event)

    start_controller(Seams(api=Flipping))

    eventually(lambda: sizes(grown) == ("2Gi", "2Gi"))
    assert next(requests) == "1101Mi", "the first write held"


def test_a_claim_whose_class_is_gone_is_told_and_grows_when_it_is_back(
    grown: Any, start_controller: Start, eventually: Eventually
) -> None:
    storage_class = grown.objects[CLASS]
    grown.remove(CLASS)
    start_controller()
    eventually(lambda: grown.reasons("data") == ["VolumeExpansionFailed"])
    assert sizes(grown) == ("1Gi", "1Gi")

    grown.put(CLASS, storage_class)

    eventually(lambda: sizes(grown) == ("2Gi", "2Gi"))
