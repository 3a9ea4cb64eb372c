"""Volumes that are in each other's way."""

from typing import Any

import pytest

from policy import keys
from policy.shapes import Json
from tests.controller.doctor.objects import says, seen, told, volume


def ours(name: str, path: str = "/nfs/data/one", **marks: str) -> Json:
    """A volume of ours, with these annotations beside."""
    made = volume(name, path)
    made["metadata"]["annotations"] = {keys.PROVISIONED_BY: keys.PROVISIONER, **marks}
    return made


SHARED: dict[str, Any] = {keys.SHARED: keys.SHARED_TRUE}


@pytest.mark.parametrize(
    ("volumes", "phrases"),
    [
        pytest.param([ours("a"), ours("b", "/nfs/data/two")], [], id="a place for each"),
        pytest.param([ours("a"), ours("b")], ["volume a: Its directory one on export main is that of b"], id="one"),
        pytest.param([ours("c"), ours("a"), ours("b")], ["is that of b, c, too"], id="one for three"),
        pytest.param([ours("a", **SHARED), ours("b", **SHARED)], [], id="one that is meant to be shared"),
        pytest.param([ours("a", **SHARED), ours("b")], ["volume a"], id="one that only one of them shares"),
        pytest.param([volume("a"), volume("b")], [], id="one, by their administrator's own hand"),
        pytest.param([ours("a", "/nfs/data"), ours("b", "/nfs/data")], [], id="the whole export"),
        pytest.param([ours("a", "/elsewhere"), ours("b", "/elsewhere")], [], id="on no managed export"),
    ],
)
def test_volumes_of_ours_that_have_one_directory(volumes: list[Json], phrases: list[str]) -> None:
    assert says(told("one-place", seen(volumes=tuple(volumes))), *phrases)
