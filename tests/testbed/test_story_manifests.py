from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from testbed.product.chart import CHART
from testbed.story.cases import CASES, Case
from testbed.story.manifests import OWN_CLASS, Place, as_yaml, other_class

WITHOUT = Place("team-a", "10.0.2.2", "/nfs/data")
WITH_US = Place("team-b", "10.0.2.2", "/nfs/data")

each_case = pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.letter}-{case.name}") for case in CASES])


@each_case
def test_the_manifests_of_both_namespaces_differ_in_namespace_volume_name_and_path_only(case: Case) -> None:
    pairs = zip(case.manifests(WITHOUT), case.manifests(WITH_US), strict=True)
    differences = {f"{one['kind']}.{path}" for one, other in pairs for path in _differences(one, other)}
    assert differences <= {
        "PersistentVolume.metadata.name",
        "PersistentVolume.spec.nfs.path",
        "PersistentVolumeClaim.metadata.namespace",
        "PersistentVolumeClaim.spec.volumeName",
        "Pod.metadata.namespace",
        "Pod.spec.volumes.0.nfs.path",
    }


@each_case
def test_a_file_of_manifests_reads_back_as_the_objects(case: Case) -> None:
    objects = case.manifests(WITHOUT)
    written = as_yaml(objects)
    assert tuple(yaml.safe_load_all(written)) == objects
    assert "&id" not in written, "nobody writes manifests with YAML anchors"


def test_the_six_cases_are_what_the_story_says() -> None:
    specs = {case.letter: [obj["spec"] for obj in case.manifests(WITHOUT)] for case in CASES}
    static, static_claim, _ = specs["a"]
    assert (static["storageClassName"], static_claim["storageClassName"]) == ("", "")
    assert all("storageClassName" not in spec for spec in specs["b"])
    assert specs["b"][1]["volumeName"] == "team-a-no-class-on-either"
    assert "storageClassName" not in specs["c"][0]
    assert "resources" not in specs["d"][0]
    assert specs["e"][0]["volumes"][0]["nfs"]["path"] == "/nfs/data/team-a/inline-volume"
    assert specs["f"][0]["storageClassName"] == other_class()["metadata"]["name"]


def test_our_own_class_is_the_one_that_the_chart_makes() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert OWN_CLASS in [storage_class["name"] for storage_class in values["storageClasses"]]
    assert [profile["storageClassName"] for profile in values["profiles"]] == [OWN_CLASS]


def _differences(one: Any, other: Any, path: str = "") -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for key in one:
            yield from _differences(one[key], other[key], f"{path}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, pair in enumerate(zip(one, other, strict=True)):
            yield from _differences(*pair, f"{path}.{index}")
    elif one != other:
        yield path.removeprefix(".")
