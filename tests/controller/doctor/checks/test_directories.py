"""Directories and volumes that do not go together."""

import pytest

from controller.doctor.observed import Observed
from controller.export.surveying import Survey
from tests.controller.doctor.objects import export, says, seen, told, volume

AWAY = {("v",): "nothing is there"}
MANY = tuple((f"d{number}",) for number in range(7))


def on(survey: Survey, **parts: object) -> Observed:
    return seen(exports=(export(survey=survey),), **parts)


@pytest.mark.parametrize(
    ("check", "observed", "phrases"),
    [
        pytest.param("directory-without-volume", on(Survey()), [], id="none"),
        pytest.param(
            "directory-without-volume", on(Survey(strange=(("a", "b"),))), ["note: export main (/mnt): 1 of"], id="one"
        ),
        pytest.param(
            "directory-without-volume",
            on(Survey(strange=MANY)),
            ["d0, d1, d2, d3, d4 and 2 more"],
            id="more than are named",
        ),
        pytest.param("volume-without-directory", on(Survey(), volumes=(volume(),)), [], id="it is there"),
        pytest.param(
            "volume-without-directory",
            on(Survey(missing=AWAY), volumes=(volume(),)),
            ["volume v: Its directory v is not on"],
            id="not",
        ),
        pytest.param(
            "volume-without-directory",
            on(Survey(missing=AWAY), volumes=(volume(phase="Released"),)),
            [],
            id="nobody uses it",
        ),
        pytest.param(
            "volume-without-directory",
            on(Survey(missing=AWAY), volumes=(volume(path="/nfs/other/v"),)),
            [],
            id="elsewhere",
        ),
        pytest.param("area-refused", on(Survey()), [], id="our own area is ours"),
        pytest.param(
            "area-refused", on(Survey(area="is no")), ["export main (/mnt): .nfs-steward in its root is no"], id="not"
        ),
        pytest.param("left-aside", on(Survey(aside=("v-uid",)), volumes=(volume(),)), [], id="its volume is there"),
        pytest.param(
            "left-aside", on(Survey(aside=("gone",))), ["rm -r .nfs-steward/aside/gone"], id="nobody asks for it"
        ),
    ],
)
def test_directories(check: str, observed: Observed, phrases: list[str]) -> None:
    assert says(told(check, observed), *phrases)
