import pytest

from controller.decisions.parameters import ParametersRefused, class_directories, export_for
from controller.rules import Rules
from policy.exports import ManagedExports
from policy.model import Directories
from policy.ownership import Ownership


@pytest.mark.parametrize(
    ("parameters", "export"),
    [
        pytest.param({"export": "second"}, "second", id="named"),
        pytest.param({"export": "main", "nonsense": "x"}, "main", id="named, whatever else is wrong"),
    ],
)
def test_a_class_belongs_to_the_export_it_names(rules: Rules, parameters: dict[str, str], export: str) -> None:
    assert export_for(parameters, rules.exports).name == export


def test_a_class_that_names_none_belongs_to_the_only_one(rules: Rules) -> None:
    only = ManagedExports(rules.policy.exports[:1])

    assert export_for({}, only).name == "main"


@pytest.mark.parametrize(
    ("parameters", "exports", "words"),
    [
        pytest.param({}, 2, "several exports or none (main, second)", id="none named, two there"),
        pytest.param({}, 0, "several exports or none (none)", id="none named, none there"),
        pytest.param({"export": "x"}, 2, "no export 'x', it has main, second", id="an unknown one"),
        pytest.param({"export": ""}, 1, "no export ''", id="an empty name"),
    ],
)
def test_a_class_that_belongs_to_no_export_is_refused(
    rules: Rules, parameters: dict[str, str], exports: int, words: str
) -> None:
    with pytest.raises(ParametersRefused) as refused:
        export_for(parameters, ManagedExports(rules.policy.exports[:exports]))

    assert words in str(refused.value)


def test_what_a_class_leaves_out_is_the_exports() -> None:
    defaults = Directories(mode="0755", uid=5, gid=6)

    assert class_directories({"uid": "7"}, defaults) == Ownership(0o755, 7, 6)
