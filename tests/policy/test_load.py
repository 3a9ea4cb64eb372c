"""Reading a policy: what is right loads whole, what is wrong is named with place, value and reason."""

from contextlib import suppress
from datetime import timedelta

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from policy import keys
from policy.errors import PolicyInvalid
from policy.load import load_policy
from policy.model import Policy


def test_the_designs_policy_loads_whole(policy: Policy) -> None:
    (main,), (default, gold, bare) = policy.exports, policy.profiles
    assert (main.name, main.server, main.aliases, main.path) == (
        "main",
        "10.0.0.5",
        ("nfs.corp.example", "fd00::7"),
        "/nfs/data",
    )
    assert (main.directories.mode, main.directories.uid, main.directories.gid) == (0o2770, 0, 0)
    assert main.mount_options == ("nfsvers=4.1", "nconnect=4")
    assert default.claim is not None
    assert (default.claim.default, default.claim.min, default.claim.max) == ("1Gi", "1Mi", "100Gi")
    assert default.quota is not None
    assert (default.quota.storage, default.quota.claims, default.quota.classes) == ("500Gi", 50, {"nfs-gold": "100Gi"})
    assert gold.namespace_selector is not None
    assert (bare.storage_class_name, bare.claim, bare.over_quota, bare.inline_volumes) == (None, None, "warn", "keep")
    assert policy.gid_range is not None
    assert (policy.gid_range.from_, policy.gid_range.to) == (100000, 199999)
    assert policy.gate_timeout == timedelta(minutes=10)


def test_the_smallest_policy_has_every_default() -> None:
    policy = load_policy("exports: [{server: nfs, path: /data}]\nprofiles: [{name: default}]", "policy.yaml")
    assert policy.exports[0].name == "main"
    assert policy.exports[0].directories.mode == 0o2770
    assert policy.scheduling_gate
    assert policy.gate_timeout == timedelta(minutes=10)
    assert policy.gid_range is None


def test_an_exports_path_is_kept_in_one_spelling() -> None:
    policy = load_policy("exports: [{server: nfs, path: //nfs/./data/}]\nprofiles: [{name: default}]", "policy.yaml")
    assert policy.exports[0].path == "/nfs/data"


def test_a_policy_that_is_written_out_is_read_back_the_same(policy: Policy) -> None:
    written = yaml.safe_dump(policy.model_dump(mode="json", by_alias=True))
    assert load_policy(written, "policy.yaml") == policy


PROFILE = "profiles: [{{name: default, {}}}]"
EXPORT = "profiles: [{{name: default}}]\nexports: [{{server: nfs, path: /data, {}}}]"


@pytest.mark.parametrize(
    ("text", "path", "reason"),
    [
        pytest.param("exports: []", "profiles", "is required", id="no profiles"),
        pytest.param("profiles: [{name: gold}]", "profiles", "called default", id="no default profile"),
        pytest.param("profiles: [{}]", "profiles[0].name", "is required", id="profile without a name"),
        pytest.param("profiles: [{name: Gold}]", "profiles[0].name", "is no name", id="capital in a name"),
        pytest.param(
            "profiles: [{name: default}, {name: default}]",
            "profiles[1].name",
            "profiles[0] has this name already",
            id="profile twice",
        ),
        pytest.param(
            PROFILE.format("mountOption: [hard]"), "profiles[0].mountOption", "mean mountOptions", id="misspelt"
        ),
        pytest.param(
            PROFILE.format("mount_options: []"), "profiles[0].mount_options", "mean mountOptions", id="snake case"
        ),
        pytest.param(
            "profiles: [{name: default}]\nprofile: []", "profile", "did you mean profiles", id="misspelt part"
        ),
        pytest.param(PROFILE.format("claim: {maxx: 1Gi}"), "profiles[0].claim.maxx", "mean max", id="misspelt, deeper"),
        pytest.param(PROFILE.format("zzz: 1"), "profiles[0].zzz", "unknown field", id="like no other field"),
        pytest.param(PROFILE.format("claim: {max: 1GB}"), "profiles[0].claim.max", "GB should be G", id="bytes"),
        pytest.param(PROFILE.format("claim: {max: 1.5}"), "profiles[0].claim.max", "as text", id="a float"),
        pytest.param(PROFILE.format("claim: {max: true}"), "profiles[0].claim.max", "as text", id="a boolean"),
        pytest.param(PROFILE.format("claim: {max: 0}"), "profiles[0].claim.max", "is zero", id="zero"),
        pytest.param(
            PROFILE.format("claim: {default: 2Gi, max: 1Gi}"),
            "profiles[0].claim.max",
            "default (2Gi) is larger than max (1Gi)",
            id="default above the largest",
        ),
        pytest.param(
            PROFILE.format("claim: {default: 1Mi, min: 1Gi}"),
            "profiles[0].claim.min",
            "min (1Gi) is larger than default (1Mi)",
            id="default below the smallest",
        ),
        pytest.param(
            PROFILE.format("claim: {min: 1025Mi, max: 1Gi}"),
            "profiles[0].claim.max",
            "min (1025Mi) is larger than max (1Gi)",
            id="smallest above the largest",
        ),
        pytest.param(
            PROFILE.format("storageClassName: ''"), "profiles[0].storageClassName", "name of a", id="empty class"
        ),
        pytest.param(
            PROFILE.format("storageClassName: NFS"), "profiles[0].storageClassName", "name of a", id="bad class"
        ),
        pytest.param(
            PROFILE.format("accessModes: [RWX]"), "profiles[0].accessModes[0]", "ReadWriteMany", id="short mode"
        ),
        pytest.param(PROFILE.format("accessModes: []"), "profiles[0].accessModes", "hold something", id="no modes"),
        pytest.param(
            PROFILE.format("accessModes: [ReadWriteOncePod, ReadWriteMany]"),
            "profiles[0].accessModes",
            "no other access mode",
            id="a mode that stands alone",
        ),
        pytest.param(
            PROFILE.format("overQuota: stop"), "profiles[0].overQuota", "'warn', 'readOnly'", id="word unknown"
        ),
        pytest.param(
            PROFILE.format("quota: {claims: -1}"), "profiles[0].quota.claims", "greater than", id="negative count"
        ),
        pytest.param(
            PROFILE.format("quota: {claims: '5'}"), "profiles[0].quota.claims", "whole number", id="count as text"
        ),
        pytest.param(
            PROFILE.format("mountOptions: [bg]"), "profiles[0].mountOptions[0]", "the kubelet", id="for kubelets"
        ),
        pytest.param(
            PROFILE.format("mountOptions: [noatime, hrad]"),
            "profiles[0].mountOptions[1]",
            "did you mean hard",
            id="misspelt option",
        ),
        pytest.param(
            PROFILE.format("mountOptions: [hard, soft]"),
            "profiles[0].mountOptions",
            "'soft' contradicts hard",
            id="contradicting options",
        ),
        pytest.param(
            PROFILE.format("allowedMountOptions: [suid]"),
            "profiles[0].allowedMountOptions[0]",
            "may never be asked for",
            id="what no claim may have",
        ),
        pytest.param(
            PROFILE.format("allowedMountOptions: [port]"),
            "profiles[0].allowedMountOptions[0]",
            "may never be asked for",
            id="another port",
        ),
        pytest.param(
            PROFILE.format("allowedMountOptions: [rsize=1024]"),
            "profiles[0].allowedMountOptions[0]",
            "leave out the value",
            id="allowed with a value",
        ),
        pytest.param(
            PROFILE.format("inlinePaths: [/nfs/data]"),
            "profiles[0].inlinePaths[0]",
            "lies on no export",
            id="inline path off every export",
        ),
        pytest.param(
            EXPORT.format("") + "\n" + "gateTimeout: 10m\n" + "x: 1", "x", "unknown field", id="one word, like no other"
        ),
        pytest.param(
            PROFILE.format("namespaceSelector: {matchExpressions: [{key: a, operator: In}]}"),
            "profiles[0].namespaceSelector.matchExpressions[0]",
            "needs at least one value",
            id="selector without values",
        ),
        pytest.param(
            PROFILE.format("namespaceSelector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}"),
            "profiles[0].namespaceSelector.matchExpressions[0]",
            "takes no values",
            id="selector with values too many",
        ),
        pytest.param(
            EXPORT.format("directories: {mode: 2770}"), "exports[0].directories.mode", "as text", id="mode as number"
        ),
        pytest.param(
            EXPORT.format("directories: {mode: '0o77'}"), "exports[0].directories.mode", "octal", id="bad mode"
        ),
        pytest.param(
            EXPORT.format("directories: {uid: -1}"), "exports[0].directories.uid", "greater than", id="bad uid"
        ),
        pytest.param(
            EXPORT.format("directories: {gid: staff}"), "exports[0].directories.gid", "or auto for", id="gid as a word"
        ),
        pytest.param(
            EXPORT.format("directories: {gid: auto}"),
            "exports[0].directories.gid",
            "needs a gidRange",
            id="gid of none",
        ),
        pytest.param(
            "exports: [{server: 10.0.0.5, path: /nfs/.nfs-steward/x}]", "exports[0].path", "own on an", id="our area"
        ),
        pytest.param("gidRange: {from: 0, to: 9}", "gidRange.from", "greater than", id="root's gid for a namespace"),
        pytest.param("contact: ' '", "contact", "one line", id="nobody to ask"),
        pytest.param(f"contact: {'a' * 201}", "contact", "200 characters", id="a whole page to ask"),
        pytest.param("usageThresholds: [80, 0]", "usageThresholds[1]", "greater than", id="a threshold of nothing"),
        pytest.param("usageThresholds: [100, 80]", "usageThresholds", "the lowest first", id="thresholds that fall"),
        pytest.param("usageThresholds: [80, 80]", "usageThresholds", "each percentage once", id="a threshold twice"),
        pytest.param('contact: "a\\nb"', "contact", "one line", id="two lines"),
        pytest.param("limits: 'no'", "limits", "true or false", id="limits that are neither on nor off"),
        pytest.param(
            PROFILE.format(f"storageClassName: {'.'.join(['a' * 60] * 4)}"),
            "profiles[0].storageClassName",
            "name of a",
            id="a class that no quota could count",
        ),
        pytest.param("provisionerName: a b", "provisionerName", "not the name of a", id="bad provisioner name"),
        pytest.param("provisionerName: kubernetes.io/aws-ebs", "provisionerName", "Kubernetes' own", id="in-tree name"),
        pytest.param(EXPORT.format("name: a_b"), "exports[0].name", "is no name", id="bad export name"),
        pytest.param(EXPORT.format(f"name: {'a' * 41}"), "exports[0].name", "at most 40", id="long export name"),
        pytest.param(EXPORT.format("aliases: [10.0.0.256]"), "exports[0].aliases[0]", "neither a host", id="bad alias"),
        pytest.param(
            "profiles: [{name: default}]\nexports: [{server: nfs}]", "exports[0].path", "is required", id="no path"
        ),
        pytest.param(
            "profiles: [{name: default}]\nexports: [{server: nfs, path: data}]",
            "exports[0].path",
            "must begin with /",
            id="relative path",
        ),
        pytest.param(
            "profiles: [{name: default}]\nexports: [{server: nfs, path: /nfs/../data}]",
            "exports[0].path",
            "the one above",
            id="path with dots",
        ),
        pytest.param(
            "profiles: [{name: default}]\nexports: [{name: a, server: nfs, path: /a}, {server: nfs, path: /b}]",
            "exports[1].name",
            "is required where there are several",
            id="one of several exports without a name",
        ),
        pytest.param(
            "profiles: [{name: default}]\nexports: [{name: a, server: 'FD00::7', path: /a}, "
            "{name: b, server: nfs, aliases: ['[fd00:0::7]'], path: /a/}]",
            "exports[1].path",
            "exports[0] is this path of fd00::7 already",
            id="one directory under two names",
        ),
        pytest.param(
            "profiles: [{name: default}]\ngateTimeout: 10", "gateTimeout", "as text", id="time without a unit"
        ),
        pytest.param(
            "profiles: [{name: default}]\nmeasuring: {every: 2h, fullEvery: 1h}",
            "measuring",
            "shorter than every",
            id="full measurements before others",
        ),
        pytest.param(
            "profiles: [{name: default}]\nmeasuring: {timeShare: 0}",
            "measuring.timeShare",
            "greater than or equal to 1",
            id="no time for measuring",
        ),
        pytest.param("profiles: [{name: default}]\ngateTimeout: 0s", "gateTimeout", "longer than", id="no time"),
        pytest.param(
            "profiles: [{name: default}]\nschedulingGate: 1", "schedulingGate", "true or false", id="no boolean"
        ),
        pytest.param(
            "profiles: [{name: default}]\ngidRange: {from: 9, to: 3}", "gidRange.to", "ends before", id="backwards"
        ),
        pytest.param("profiles: {name: default}", "profiles", "should be a list", id="an object for a list"),
        pytest.param("- profiles", "policy", "should be a mapping", id="a list"),
        pytest.param("", "policy", "should be a mapping", id="nothing"),
        pytest.param("profiles: [", "line 1, column 12", "expected", id="no YAML"),
        pytest.param("profiles: []\nprofiles: []", "line 2, column 1", "profiles is there twice", id="key twice"),
        pytest.param("a: &x [1]\nb: *x", "line 2, column 4", "aliases", id="alias"),
        pytest.param("{[a]: b}", "line 1, column 2", "must be text", id="list as a key"),
        pytest.param("1: b", "line 1, column 1", "must be text", id="number as a key"),
        pytest.param("on: b", "line 1, column 1", "must be text", id="a word that YAML takes for a boolean"),
        pytest.param("<<: {profiles: []}", "line 1, column 1", "must be text", id="merge"),
        pytest.param(
            PROFILE.format("quota: {claims: 0x" + "f" * 6000 + "}"),
            "profiles[0].quota.claims",
            "less than",
            id="giant number",
        ),
        pytest.param(
            PROFILE.format("quota: {classes: {Ab: 1}}"), "profiles[0].quota.classes.Ab", "name of a", id="bad key"
        ),
        pytest.param("a: !!python/name:os.system", "line 1, column 4", "could not determine", id="a tag"),
        pytest.param("a: 1\n---\nb: 2", "line 2, column 1", "another document", id="two documents"),
        pytest.param("a: 2001-99-99", "policy", "month must be", id="no date"),
        pytest.param("a: \x07", "policy", "special characters", id="control character"),
        pytest.param("[" * 1000, "policy", "can be read", id="nested without end"),
        pytest.param("#" * (2**20 + 1), "policy", "is longer than", id="too long"),
    ],
)
def test_what_is_wrong_is_named_with_its_place_and_reason(text: str, path: str, reason: str) -> None:
    with pytest.raises(PolicyInvalid) as caught:
        load_policy(text, "policy.yaml")
    assert path in [problem.path for problem in caught.value.problems]
    assert reason in "\n".join(problem.reason for problem in caught.value.problems if problem.path == path)
    assert len(str(caught.value)) < 2000


def test_every_problem_is_reported_at_once_with_value_and_source() -> None:
    text = "profiles: [{name: default, claim: {max: 1GB}, mountOptions: [bg]}]\ngateTimeout: soon"
    with pytest.raises(PolicyInvalid) as caught:
        load_policy(text, "values.yaml")
    assert [(problem.path, problem.value) for problem in caught.value.problems] == [
        ("profiles[0].mountOptions[0]", "bg"),
        ("profiles[0].claim.max", "1GB"),
        ("gateTimeout", "soon"),
    ]
    first, *rest = str(caught.value).splitlines()
    assert first == "values.yaml is not a valid policy:"
    assert rest[1] == "  profiles[0].claim.max: '1GB': has no unit of Kubernetes' at its end: GB should be G"


def test_a_billion_laughs_are_refused_before_anything_is_built() -> None:
    bomb = "a: &a [x]\n" + "".join(f"b{i}: &b{i} [*a, *a]\n" for i in range(30))
    with pytest.raises(PolicyInvalid, match="aliases"):
        load_policy(bomb, "policy.yaml")


@given(st.text(max_size=200))
def test_text_at_random_is_refused_and_nothing_else(text: str) -> None:
    with pytest.raises(PolicyInvalid):
        load_policy(text, "policy.yaml")


yaml_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "claim", "max", "mountOptions", "quota", "inlinePaths", "namespaceSelector", "x"]),
            children,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(st.sampled_from(["exports", "profiles", "gidRange", "gateTimeout", "y"]), yaml_values, max_size=4)
)
def test_any_document_is_a_policy_or_refused_and_nothing_else(document: dict[str, object]) -> None:
    text = yaml.dump(document, Dumper=_WithoutAliases)
    with suppress(PolicyInvalid):
        assert load_policy(text, "policy.yaml").profiles


class _WithoutAliases(yaml.SafeDumper):
    def ignore_aliases(self, _: object) -> bool:
        return True


@pytest.mark.parametrize(
    ("text", "provisioners"),
    [
        pytest.param("", {keys.PROVISIONER}, id="ours alone"),
        pytest.param("provisionerName: example.org/old", {keys.PROVISIONER, "example.org/old"}, id="and another"),
        pytest.param("provisionerName: nfs", {keys.PROVISIONER, "nfs"}, id="one without a prefix"),
    ],
)
def test_a_policy_names_the_provisioners_whose_classes_are_served(text: str, provisioners: set[str]) -> None:
    assert load_policy(f"profiles: [{{name: default}}]\n{text}", "test").provisioners == provisioners
