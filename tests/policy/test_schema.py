"""The JSON Schema says what the model says, as far as a schema can."""

import json
import re
from typing import Any

import pytest

from policy.durations import parse_duration
from policy.errors import MountOptionInvalid
from policy.load import load_policy
from policy.model import Policy
from policy.mountoptions import check_allowable, parse_options
from policy.quantity import parse_quantity
from policy.schema import policy_schema
from policy.servers import is_server


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return policy_schema()


def test_it_is_json(schema: dict[str, Any]) -> None:
    assert json.loads(json.dumps(schema)) == schema
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_only_what_the_design_requires_is_required(schema: dict[str, Any]) -> None:
    required = {name: part["required"] for name, part in schema["$defs"].items() if "required" in part}
    assert schema["required"] == ["profiles"]
    assert required == {
        "Export": ["server", "path"],
        "Local": ["path", "nodeSelector"],
        "Profile": ["name"],
        "GidRange": ["from", "to"],
        "LabelRequirement": ["key", "operator"],
    }


def test_unknown_fields_are_refused_everywhere(schema: dict[str, Any]) -> None:
    assert all(part["additionalProperties"] is False for part in [schema, *schema["$defs"].values()])


def test_its_names_are_the_files(schema: dict[str, Any], policy: Policy) -> None:
    written = policy.model_dump(by_alias=True)
    assert set(schema["properties"]) == set(written)
    assert set(schema["$defs"]["Profile"]["properties"]) == set(written["profiles"][0])
    assert set(schema["$defs"]["Export"]["properties"]) == set(written["exports"][0])


def test_its_defaults_are_the_models(schema: dict[str, Any]) -> None:
    bare = load_policy("exports: [{server: nfs, path: /data}]\nprofiles: [{name: default}]", "policy.yaml")
    assert schema["properties"]["exports"]["default"] == []
    written = bare.model_dump(mode="json", by_alias=True)
    # A policy puts in which gid is meant where none is written.
    directories = written["exports"][0]["directories"] | {"gid": None}
    for part, value in [
        (schema, {**written, "exports": []}),
        (schema["$defs"]["Export"], written["exports"][0] | {"directories": directories}),
        (schema["$defs"]["Profile"], written["profiles"][0]),
        (schema["$defs"]["Directories"], directories),
    ]:
        defaults = {name: field["default"] for name, field in part["properties"].items() if "default" in field}
        assert defaults == {name: value[name] for name in defaults}
        assert defaults


@pytest.mark.parametrize("size", ["1Gi", "0.5Ti", "100M", "1e3", "1E3", "1E", "1500m", "+1", "2.", ".5Gi", "1e-3"])
def test_its_pattern_for_sizes_takes_what_is_a_size(schema: dict[str, Any], size: str) -> None:
    pattern = schema["$defs"]["ClaimSizes"]["properties"]["max"]["anyOf"][0]["pattern"]
    assert parse_quantity(size)
    assert re.search(pattern, size)


@pytest.mark.parametrize("size", ["1GB", "-1Gi", "lots", "1 Gi", "1.2.3Gi", ".", ""])
def test_its_pattern_for_sizes_refuses_what_is_none(schema: dict[str, Any], size: str) -> None:
    pattern = schema["$defs"]["ClaimSizes"]["properties"]["max"]["anyOf"][0]["pattern"]
    assert not re.search(pattern, size)


@pytest.mark.parametrize(
    "options", ["hard", "nfsvers=4.1", "hard,noatime", " hard , rsize=65536 ", "v4.2", "sec=krb5:sys", ""]
)
def test_its_pattern_for_mount_options_takes_what_a_policy_may_set(schema: dict[str, Any], options: str) -> None:
    assert re.search(schema["$defs"]["Export"]["properties"]["mountOptions"]["items"]["pattern"], options)
    parse_options([options])


@pytest.mark.parametrize("options", ["hrad", "hard noatime", "hardsoft", "hard,bg", "v4x2", "=4.1"])
def test_its_pattern_for_mount_options_refuses_unknown_ones(schema: dict[str, Any], options: str) -> None:
    assert not re.search(schema["$defs"]["Export"]["properties"]["mountOptions"]["items"]["pattern"], options)
    with pytest.raises(MountOptionInvalid):
        parse_options([options])


def test_it_names_the_mount_options_that_a_claim_may_ask_for(schema: dict[str, Any]) -> None:
    names = schema["$defs"]["Profile"]["properties"]["allowedMountOptions"]["items"]["enum"]
    assert "rsize" in names
    assert not {"suid", "port", "bg"} & set(names)
    assert [check_allowable(name) for name in names] == names


@pytest.mark.parametrize("server", ["nfs", "NFS.example.", "10.0.0.5", "fd00::7", "[fd00::7]", "fe80::1%eth0", "a_b-c"])
def test_its_pattern_for_servers_takes_names_and_addresses(schema: dict[str, Any], server: str) -> None:
    assert is_server(server)
    assert re.search(schema["$defs"]["Export"]["properties"]["server"]["pattern"], server)


@pytest.mark.parametrize("server", ["nfs:/data", "nfs.example/data", "two words", ""])
def test_its_pattern_for_servers_refuses_what_holds_a_path_or_a_space(schema: dict[str, Any], server: str) -> None:
    assert not re.search(schema["$defs"]["Export"]["properties"]["server"]["pattern"], server)


@pytest.mark.parametrize("duration", ["10m", "1h30m", "1.5s", "720h", "5ms"])
def test_its_pattern_for_durations_takes_what_is_one(schema: dict[str, Any], duration: str) -> None:
    assert parse_duration(duration)
    assert re.search(schema["properties"]["gateTimeout"]["pattern"], duration)


@pytest.mark.parametrize("duration", ["10", "m", "1..5s", "10 m", "1d", "-1m", ""])
def test_its_pattern_for_durations_refuses_what_is_none(schema: dict[str, Any], duration: str) -> None:
    assert not re.search(schema["properties"]["gateTimeout"]["pattern"], duration)
