from datetime import timedelta
from typing import Any

import pytest

from policy import keys
from policy.ending import Ending, EndingUnclear, ending_marks, ending_of
from policy.parameters import OnDelete

WEEK = timedelta(days=7)


def volume(reclaim_policy: str | None = "Delete", **marks: str) -> dict[str, Any]:
    annotations = {f"{keys.GROUP}/{name.replace('_', '-')}": value for name, value in marks.items()}
    return {"metadata": {"annotations": annotations}, "spec": {"persistentVolumeReclaimPolicy": reclaim_policy}}


@pytest.mark.parametrize(
    ("given", "ending"),
    [
        pytest.param(volume(on_delete="delete"), Ending(OnDelete.DELETE), id="deleted"),
        pytest.param(volume(on_delete="retain"), Ending(OnDelete.RETAIN), id="retained"),
        pytest.param(volume(on_delete="archive"), Ending(OnDelete.ARCHIVE), id="archived for ever"),
        pytest.param(volume(on_delete="archive", archive_for="168h"), Ending(OnDelete.ARCHIVE, WEEK), id="for a week"),
        pytest.param(volume(on_delete="delete", archive_for="?"), Ending(OnDelete.DELETE), id="a duration for nothing"),
        pytest.param(volume("Retain", on_delete="delete"), Ending(OnDelete.RETAIN), id="the reclaim policy goes first"),
        pytest.param(volume("Retain", on_delete="?"), Ending(OnDelete.RETAIN), id="Retain, whatever else it says"),
        pytest.param(volume("Recycle", on_delete="delete"), Ending(OnDelete.RETAIN), id="any other policy"),
        pytest.param(volume(None, on_delete="delete"), Ending(OnDelete.RETAIN), id="no policy"),
    ],
)
def test_the_volume_says_what_becomes_of_its_data(given: dict[str, Any], ending: Ending) -> None:
    assert ending_of(given) == ending


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        pytest.param(volume(), "on-delete is missing", id="nothing said"),
        pytest.param(volume(on_delete="Delete"), "on-delete is .Delete.; it can be delete, retain, archive", id="case"),
        pytest.param(volume(on_delete=""), "on-delete is ..", id="empty"),
        pytest.param(volume(on_delete="archive", archive_for="7d"), "archive-for: .7d. is not", id="no duration"),
        pytest.param(volume(on_delete="archive", archive_for="0s"), "longer than nothing", id="no time at all"),
    ],
)
def test_what_cannot_be_read_is_an_error_that_names_the_annotation(given: dict[str, Any], complaint: str) -> None:
    with pytest.raises(EndingUnclear, match=complaint):
        ending_of(given)


@pytest.mark.parametrize(
    "ending",
    [
        pytest.param(Ending(OnDelete.DELETE), id="delete"),
        pytest.param(Ending(OnDelete.ARCHIVE), id="archive"),
        pytest.param(Ending(OnDelete.ARCHIVE, timedelta(hours=36, milliseconds=5)), id="for a while"),
    ],
)
def test_what_is_written_is_what_is_read(ending: Ending) -> None:
    given = {"metadata": {"annotations": dict(ending_marks(ending))}}

    assert ending_of({**given, "spec": {"persistentVolumeReclaimPolicy": "Delete"}}) == ending
