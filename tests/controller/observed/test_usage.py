from datetime import UTC, datetime

import pytest

from controller.observed.usage import Recorded, as_annotations, recorded_on
from policy import keys

NOON = datetime(2030, 1, 1, 12, 0, 0, tzinfo=UTC)
SAID = {keys.USED_BYTES: "4096", keys.USED_FILES: "3", keys.MEASURED_AT: "2030-01-01T12:00:00Z"}


def volume(**annotations: str) -> dict[str, object]:
    return {"metadata": {"annotations": annotations}}


@pytest.mark.parametrize(
    "recorded", [Recorded(4096, 3, NOON), Recorded(0, 0, NOON, 80), Recorded(9, 1, NOON, 0, "warn")]
)
def test_what_is_written_is_read_again(recorded: Recorded) -> None:
    said = {key: value for key, value in as_annotations(recorded).items() if value is not None}
    assert recorded_on(volume(**said)) == recorded


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param({keys.USED_BYTES: ""}, id="no bytes"),
        pytest.param({keys.USED_BYTES: "-1"}, id="less than nothing"),
        pytest.param({keys.USED_BYTES: "1" * 21}, id="more than can be"),
        pytest.param({keys.USED_FILES: "٣"}, id="other digits"),
        pytest.param({keys.MEASURED_AT: "yesterday"}, id="no time"),
    ],
)
def test_figures_that_cannot_be_read_are_none(damage: dict[str, str]) -> None:
    assert recorded_on(volume(**{**SAID, **damage})) is None


def test_what_was_told_counts_as_not_told_where_it_cannot_be_read() -> None:
    damaged = volume(**SAID, **{keys.USED_THRESHOLD: "high", keys.OVER_QUOTA: "true"})
    assert recorded_on(damaged) == Recorded(4096, 3, NOON)


def test_a_volume_that_says_nothing_has_no_figures() -> None:
    assert recorded_on({"metadata": {}}) is None
