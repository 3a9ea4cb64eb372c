from typing import Any

import pytest

from controller.observed.records import claim_record
from controller.observed.waiting import WaitingClaims


def claim(uid: str = "u", phase: str = "Pending", annotation: str = "", **spec: Any) -> dict[str, Any]:
    metadata = {"namespace": "team-a", "name": "data", "uid": uid, "annotations": {"a": annotation}}
    return {"metadata": metadata, "spec": {"storageClassName": "nfs", **spec}, "status": {"phase": phase}}


@pytest.fixture
def claims() -> WaitingClaims:
    """None yet."""
    return WaitingClaims()


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        pytest.param(claim(), True, id="waits for a volume of its class"),
        pytest.param(claim(phase="Bound"), False, id="has its volume"),
        pytest.param(claim(storageClassName=""), False, id="nobody is to make one for it"),
        pytest.param(claim(storageClassName=None), False, id="has no class yet"),
        pytest.param(claim(annotation="x" * 20_000), False, id="is larger than people write them"),
    ],
)
def test_a_claim_is_kept_whole_while_somebody_is_to_make_its_volume(
    claims: WaitingClaims, raw: dict[str, Any], kept: bool
) -> None:
    assert claims.whole(claims.record(raw)) == (raw if kept else None)


@pytest.mark.parametrize(
    "then",
    [
        pytest.param(claim(phase="Bound"), id="it has its volume"),
        pytest.param(claim(annotation="b"), id="its author changes it"),
        pytest.param(claim(volumeName="pv"), id="the binder has found it another volume"),
    ],
)
def test_a_claim_is_not_taken_for_what_it_was(claims: WaitingClaims, then: dict[str, Any]) -> None:
    before = claims.record(claim())
    claims.record(then)

    assert claims.whole(before) is None


def test_what_is_kept_of_one_that_is_gone_is_dropped(claims: WaitingClaims) -> None:
    gone = claims.record(claim())
    claims.drop(gone.uid)

    assert claims.whole(gone) is None


def test_however_many_wait_only_the_last_thousand_are_kept_whole(claims: WaitingClaims) -> None:
    records = [claims.record(claim(uid=str(number))) for number in range(1_500)]

    assert [claims.whole(record) is not None for record in records] == [False] * 500 + [True] * 1_000


def test_nothing_is_kept_of_a_claim_that_was_never_shown(claims: WaitingClaims) -> None:
    assert claims.whole(claim_record(claim())) is None
