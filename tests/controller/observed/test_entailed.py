from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from controller.observed.entailed import by_claim, by_ledger, by_volume
from controller.observed.records import ClaimRecord, VolumeRecord, claim_record, volume_record
from controller.work import GIDS, Kind, Work, usage_of
from kube.cache import Key
from kube.informer import Change
from policy.gids import Holder, Ledger

LIVING, GONE = Holder("team-a", "one"), Holder("team-b", "two")


def change(old: Any, new: Any) -> Change[Any]:
    return Change("changed", Key(None, "it"), old, new)


def ledger(*holders: Holder, damage: Sequence[str] = ()) -> Ledger:
    return Ledger(dict(enumerate(holders, 100)), damage=tuple(damage))


@pytest.mark.parametrize(
    ("old", "new", "entailed"),
    [
        pytest.param(None, ledger(LIVING), [], id="a namespace that lives"),
        pytest.param(None, ledger(LIVING, GONE), [GIDS], id="one that is gone"),
        pytest.param(ledger(LIVING), ledger(LIVING, GONE), [GIDS], id="one that is gone, beside another"),
        pytest.param(ledger(GONE), ledger(GONE, LIVING), [], id="one that is gone, known before"),
        pytest.param(ledger(GONE), None, [], id="the end of the ledger"),
        pytest.param(ledger(), ledger(damage=["x"]), [GIDS], id="damage"),
        pytest.param(ledger(damage=["x"]), ledger(damage=["x"]), [], id="damage known before"),
        pytest.param(ledger(damage=["x"]), ledger(), [], id="damage mended"),
    ],
)
def test_the_ledger_is_looked_at_for_damage_and_for_holders_that_are_gone_already(
    old: Ledger | None, new: Ledger | None, entailed: list[Work]
) -> None:
    assert list(by_ledger(change(old, new), lambda holder: holder == LIVING)) == entailed


def claim(**labels: str) -> ClaimRecord:
    return claim_record({"metadata": {"name": "data", "namespace": "team-a", "labels": labels}})


def volume(name: str, claim: str, provisioner: str = "") -> VolumeRecord:
    metadata = {"name": name, "annotations": {"pv.kubernetes.io/provisioned-by": provisioner}}
    return volume_record({"metadata": metadata, "spec": {"claimRef": {"namespace": "team-a", "name": claim}}})


USE = usage_of("it")
LEFT_ALONE = claim(**{"nfs-steward.io/inject": "disabled"})


@pytest.mark.parametrize(
    ("old", "new", "entailed"),
    [
        pytest.param(LEFT_ALONE, claim(), ["its"], id="not any more"),
        pytest.param(claim(), LEFT_ALONE, [], id="from now on"),
        pytest.param(claim(), claim(tier="gold"), [], id="never"),
        pytest.param(None, claim(), [], id="a new one"),
        pytest.param(LEFT_ALONE, None, [], id="gone"),
    ],
)
def test_the_volumes_of_a_claim_are_looked_at_when_it_is_left_alone_no_longer(
    old: ClaimRecord | None, new: ClaimRecord | None, entailed: list[str]
) -> None:
    volumes = [volume("its", "data"), volume("another", "other"), volume_record({"metadata": {"name": "nobody's"}})]
    assert list(by_claim(change(old, new), lambda: volumes)) == [Work(Kind.VOLUME, "", name) for name in entailed]


def test_the_claim_of_a_volume_is_looked_at_when_that_is_taken_over() -> None:
    theirs, ours = volume("its", "data", "somebody"), volume("its", "data", "us")
    assert list(by_volume(change(theirs, ours))) == [USE, Work(Kind.CLAIM, "team-a", "data")]
    assert list(by_volume(change(ours, ours))) == [USE]
    assert list(by_volume(change(None, ours))) == [USE]
    assert list(by_volume(change(ours, None))) == [USE]


def test_the_use_of_a_volume_is_looked_at_whatever_changes_about_the_claim_that_is_bound_to_it() -> None:
    bound = claim_record({"spec": {"volumeName": "it"}, "status": {"phase": "Bound"}})
    assert list(by_claim(change(bound, replace(bound, used="little")), list)) == [USE]
    assert list(by_claim(change(None, bound), list)) == [USE]
    assert list(by_claim(change(bound, None), list)) == []
