"""Who owns what is made: the class's word over the export's, and the namespace's own gid where that is asked for."""

from typing import Any

import pytest

from policy import keys
from policy.errors import GidUnknown
from policy.load import load_policy
from policy.model import Directories, Policy
from policy.ownership import Ownership, resolve
from policy.parameters import ClassParameters, read_parameters

POLICY = "profiles: [{name: default}]\ngidRange: {from: 100000, to: 199999}\n"
EXPORT = "exports: [{server: 10.0.0.5, path: /nfs, directories: %s}]\n"


def policy(directories: str = "{}") -> Policy:
    return load_policy(POLICY + EXPORT % directories, "test")


def parameters(**given: str) -> ClassParameters:
    storage_class: dict[str, Any] = {"provisioner": keys.PROVISIONER, "parameters": given}
    return read_parameters(storage_class, policy())


@pytest.mark.parametrize(
    ("directories", "given", "gid", "ownership"),
    [
        pytest.param("{gid: 6}", None, None, Ownership(0o2770, 0, 6), id="no class"),
        pytest.param("{gid: 6}", {}, None, Ownership(0o2770, 0, 6), id="a class that says nothing"),
        pytest.param(
            '{mode: "0755", uid: 5, gid: 6}', {"uid": "7"}, None, Ownership(0o755, 7, 6), id="a class that says one"
        ),
        pytest.param(
            "{gid: 6}", {"mode": "0700", "uid": "0", "gid": "0"}, 9, Ownership(0o700, 0, 0), id="one that says all"
        ),
        pytest.param("{gid: 6}", {"gid": "auto"}, 9, Ownership(0o2770, 0, 9), id="the class says auto"),
        pytest.param("{gid: auto}", None, 9, Ownership(0o2770, 0, 9), id="the export says auto"),
        pytest.param("{}", None, 9, Ownership(0o2770, 0, 9), id="nobody says, and there is a range"),
        pytest.param("{}", {"gid": "4"}, 9, Ownership(0o2770, 0, 4), id="nobody but the class"),
    ],
)
def test_the_class_goes_over_the_export(
    directories: str, given: dict[str, str] | None, gid: int | None, ownership: Ownership
) -> None:
    (export,) = policy(directories).exports

    assert resolve(export.directories, None if given is None else parameters(**given), gid) == ownership


def test_a_gid_that_is_not_known_yet_is_waited_for() -> None:
    with pytest.raises(GidUnknown):
        resolve(policy().exports[0].directories, None, None)


def test_without_a_range_the_group_is_roots() -> None:
    (export,) = load_policy("profiles: [{name: default}]\n" + EXPORT % "{}", "test").exports

    assert export.directories == Directories(gid=0)
