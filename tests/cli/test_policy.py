import json

import pytest

from cli.policyread import CHART_POLICY, chart_policy
from policy.schema import policy_schema


@pytest.fixture
def check(run, tmp_path):
    """Checks a policy's text with `nfs-steward policy check`."""

    def check(text: str, *options: str):
        file = tmp_path / "policy.yaml"
        file.write_text(text)
        return run("policy", "check", file, *options)

    return check


def test_a_valid_policy_says_so(check):
    result = check(CHART_POLICY)
    assert (result.exit_code, result.stdout.split(": ")[1]) == (0, "valid\n")


def test_every_problem_is_told_with_path_value_and_reason(check):
    result = check("exports: [{server: s, path: /p, color: red}]\nprofiles: [{name: default, claim: {default: 1GB}}]\n")
    assert result.exit_code == 1
    assert "2 problems" in result.stdout
    assert "exports[0].color: 'red': unknown field" in result.stdout
    assert "profiles[0].claim.default: '1GB': " in result.stdout


def test_what_is_allowed_and_rarely_meant_is_warned_of(check):
    result = check("profiles: [{name: default, mountOptions: [soft]}]")
    assert result.exit_code == 0
    assert "  warning: " in result.stdout
    assert "soft" in result.stdout


def test_json_tells_the_same_to_programs(check):
    valid = check("profiles: [{name: default, mountOptions: [soft]}]", "-o", "json")
    report = json.loads(valid.stdout)
    assert (report["valid"], report["problems"], len(report["warnings"])) == (True, [], 1)
    invalid = check("profiles: [{name: default, overQuota: shout}]", "-o", "json")
    (problem,) = json.loads(invalid.stdout)["problems"]
    assert (problem["path"], problem["value"]) == ("profiles[0].overQuota", "shout")
    assert problem["reason"]


def test_a_file_that_is_no_yaml_is_told_with_its_line(check):
    result = check("profiles:\n- name: [\n")
    assert result.exit_code == 1
    assert "line 3" in result.stdout


def test_a_file_that_cannot_be_read_is_one_line_and_exit_code_2(run, tmp_path):
    missing = run("policy", "check", tmp_path / "missing.yaml")
    assert (missing.exit_code, missing.stdout) == (2, "")
    assert "missing.yaml: No such file" in missing.stderr
    (tmp_path / "latin.yaml").write_bytes(b"\xff")
    assert "is not UTF-8" in run("policy", "check", tmp_path / "latin.yaml").stderr


def test_the_schema_is_printed_as_json(run):
    assert json.loads(run("policy", "schema").stdout) == policy_schema()


def test_the_charts_policy_has_one_profile_and_no_export():
    policy = chart_policy()
    assert [profile.name for profile in policy.profiles] == ["default"]
    assert policy.exports == ()
