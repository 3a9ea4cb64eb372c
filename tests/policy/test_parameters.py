"""The parameters of StorageClasses: ours, and those of the provisioner whose place is taken."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy import keys
from policy.errors import ParametersRefused
from policy.exports import ManagedExports
from policy.load import load_policy
from policy.model import Policy
from policy.parameters import RECLAIM_PARAMETERS, Existing, OnDelete, QuotaKind, exports_of, read_parameters
from policy.patterns import DEFAULT_PATTERN

PEER = "k8s-sigs.io/nfs-subdir-external-provisioner"
EXPORTS = """
exports:
- {name: main, server: 10.0.0.5, path: /nfs/data}
- {name: second, server: 10.0.0.6, path: /srv}
profiles: [{name: default}]
"""

LOCAL = EXPORTS.replace("data}", "data, local: {path: /srv/data, nodeSelector: {nfs: server}}}")


def with_peer() -> Policy:
    return load_policy(EXPORTS + f"gidRange: {{from: 100000, to: 199999}}\nprovisionerName: {PEER}\n", "test")


@pytest.fixture
def policy() -> Policy:
    return with_peer()


def storage_class(parameters: dict[str, str], provisioner: str = keys.PROVISIONER, **fields: str) -> dict[str, Any]:
    return {"provisioner": provisioner, "parameters": {"export": "main", **parameters}, **fields}


def test_a_class_that_says_nothing_gets_what_the_export_and_the_provisioner_have(policy: Policy) -> None:
    read = read_parameters(storage_class({}), policy)

    assert (read.exports, read.pattern.written) == (("main",), DEFAULT_PATTERN)
    assert (read.on_delete, read.archive_for, read.shared, read.quota) == (OnDelete.DELETE, None, False, QuotaKind.NONE)
    assert (read.mode, read.uid, read.gid, read.existing) == (None, None, None, Existing.KEEP)


def test_everything_that_a_class_says_is_read(policy: Policy) -> None:
    read = read_parameters(
        storage_class(
            {
                "export": "second, main",
                "pathPattern": "${.PVC.namespace}",
                "onDelete": "archive",
                "archiveFor": "720h",
                "mode": "0750",
                "uid": "7",
                "gid": "auto",
                "existing": "keep",
                "shared": "true",
                "quota": "none",
            }
        ),
        policy,
    )

    assert (read.exports, read.pattern.written) == (("second", "main"), "${.PVC.namespace}")
    assert (read.on_delete, read.archive_for, read.shared) == (OnDelete.ARCHIVE, timedelta(days=30), True)
    assert (read.mode, read.uid, read.gid) == (0o750, 7, "auto")


@pytest.mark.parametrize(
    ("parameters", "provisioner", "fields", "on_delete"),
    [
        pytest.param({}, keys.PROVISIONER, {}, "delete", id="ours says nothing"),
        pytest.param({}, PEER, {}, "archive", id="the peer's says nothing"),
        pytest.param({"archiveOnDelete": "false"}, PEER, {}, "delete", id="the peer's own example"),
        pytest.param({"archiveOnDelete": "true"}, PEER, {}, "archive", id="the peer's says archive"),
        pytest.param({"archiveOnDelete": "False"}, PEER, {}, "delete", id="false in another of Go's spellings"),
        pytest.param({"archiveOnDelete": "1"}, keys.PROVISIONER, {}, "archive", id="the peer's parameter on ours"),
        pytest.param({"archiveOnDelete": "true", "onDelete": "delete"}, PEER, {}, "delete", id="onDelete goes first"),
        pytest.param({"archiveOnDelete": "true", "onDelete": ""}, PEER, {}, "archive", id="unless it is empty"),
        pytest.param({"onDelete": "retain"}, PEER, {}, "retain", id="retain"),
        pytest.param({"onDelete": "delete"}, PEER, {"reclaimPolicy": "Delete"}, "delete", id="both say delete"),
        pytest.param({"onDelete": "delete"}, PEER, {"reclaimPolicy": "Retain"}, "retain", id="Retain always retains"),
        pytest.param({"onDelete": "retain"}, PEER, {"reclaimPolicy": "Delete"}, "retain", id="and so does retain"),
    ],
)
def test_what_happens_on_delete_is_said_by_the_class(
    policy: Policy, parameters: dict[str, str], provisioner: str, fields: dict[str, str], on_delete: str
) -> None:
    assert read_parameters(storage_class(parameters, provisioner, **fields), policy).on_delete == on_delete


def test_a_class_may_ask_for_directories_that_are_there_to_be_changed(policy: Policy) -> None:
    assert read_parameters(storage_class({"existing": "change"}), policy).existing is Existing.CHANGE


def test_what_is_retained_is_no_archive_that_ends(policy: Policy) -> None:
    archives = storage_class({"onDelete": "archive", "archiveFor": "1h"}, reclaimPolicy="Retain")

    assert read_parameters(archives, policy).archive_for is None


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        pytest.param({"x": "1", "Mode": "1"}, "parameter Mode, x is not supported; these are: export,", id="unknown"),
        pytest.param({"pathPattern": "${.PVC.uid}"}, "parameter pathPattern: .* is none of", id="pattern"),
        pytest.param({"pathPattern": "all"}, "the same directory for every claim", id="one directory for all"),
        pytest.param({"pathPattern": ".nfs-steward/${.PVC.name}"}, "nfs-steward's own", id="in our own area"),
        pytest.param(
            {"onDelete": "keep"}, "parameter onDelete: 'keep' is none of delete, retain, archive", id="delete"
        ),
        pytest.param({"archiveOnDelete": "maybe"}, "parameter archiveOnDelete: 'maybe' is neither", id="archive"),
        pytest.param({"archiveFor": "1h"}, "archiveFor needs onDelete: archive, and this is delete", id="no archive"),
        pytest.param({"onDelete": "archive", "archiveFor": "30d"}, "archiveFor: '30d' is not a duration", id="time"),
        pytest.param({"mode": "rwx"}, "parameter mode: 'rwx'", id="mode"),
        pytest.param({"uid": "-1"}, "parameter uid: '-1' is no number", id="uid"),
        pytest.param({"uid": "auto"}, "parameter uid: 'auto' is no number", id="no uid of a namespace's own"),
        pytest.param({"uid": "4294967295"}, "parameter uid: 4294967295", id="a uid that means none"),
        pytest.param({"gid": "staff"}, "parameter gid: 'staff' is no number", id="gid"),
        pytest.param({"shared": "yes"}, "parameter shared: 'yes' is neither true nor false", id="shared"),
        pytest.param({"existing": "chmod"}, "existing: 'chmod' is none of keep, change", id="existing"),
        pytest.param(
            {"existing": "change", "shared": "true"}, "existing: change would change what others", id="change shared"
        ),
        pytest.param({"quota": "zfs"}, "parameter quota: 'zfs' is none of none, project, btrfs", id="quota"),
        pytest.param(
            {"quota": "project"}, "quota: project needs the controller at the file system.* main", id="remote"
        ),
        pytest.param({"export": "main,other"}, "no export 'other', it has main, second", id="an unknown export"),
        pytest.param({"export": "main,main"}, "names main twice", id="an export twice"),
        pytest.param({"export": "main,"}, "no export ''", id="an export without a name"),
    ],
)
def test_what_is_not_understood_is_refused_by_name(policy: Policy, parameters: dict[str, str], words: str) -> None:
    with pytest.raises(ParametersRefused, match=words):
        read_parameters(storage_class(parameters), policy)


def test_one_directory_for_all_is_for_classes_that_share(policy: Policy) -> None:
    assert read_parameters(storage_class({"pathPattern": "all", "shared": "true"}), policy).pattern.is_constant


def test_a_gid_of_the_namespaces_own_needs_a_range() -> None:
    with pytest.raises(ParametersRefused, match="needs a gidRange"):
        read_parameters(storage_class({"gid": "auto"}), load_policy(EXPORTS, "test"))


@pytest.mark.parametrize("kind", list(QuotaKind))
def test_where_the_controller_is_at_the_file_system_a_class_may_have_it_hold_sizes(kind: QuotaKind) -> None:
    read = read_parameters(storage_class({"export": "main", "quota": kind.value}), load_policy(LOCAL, "test"))

    assert read.quota is kind


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        pytest.param({"export": "main,second"}, "`local` of no such place for export second", id="only on one export"),
        pytest.param(
            {"export": "main", "shared": "true", "pathPattern": "all"},
            "limit for each claim",
            id="of a shared directory",
        ),
    ],
)
def test_a_size_that_cannot_be_held_for_each_claim_is_refused(parameters: dict[str, str], words: str) -> None:
    with pytest.raises(ParametersRefused, match=words):
        read_parameters(storage_class({**parameters, "quota": "project"}), load_policy(LOCAL, "test"))


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
    policy: Policy, parameters: dict[str, str], exports: int, words: str
) -> None:
    with pytest.raises(ParametersRefused) as refused:
        exports_of(parameters, ManagedExports(policy.exports[:exports]))

    assert words in str(refused.value)


def test_a_class_that_names_no_export_belongs_to_the_only_one(policy: Policy) -> None:
    (export,) = exports_of({"nonsense": "x"}, ManagedExports(policy.exports[:1]))

    assert export.name == "main"


NAMES = (*RECLAIM_PARAMETERS, "export", "pathPattern", "mode", "uid", "gid", "existing", "shared", "quota", "x")
VALUES = (
    st.sampled_from(["main", "change", "delete", "archive", "1h", "0750", "7", "auto", "true", "none", "a", ""])
    | st.text()
)


@given(
    parameters=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4),
    provisioner=st.sampled_from([keys.PROVISIONER, PEER]),
    reclaim_policy=st.sampled_from(["Delete", "Retain", None]),
)
def test_a_class_is_read_or_refused_and_one_that_retains_is_never_read_as_anything_else(
    parameters: dict[str, str], provisioner: str, reclaim_policy: str | None
) -> None:
    own = {**storage_class(parameters, provisioner), "reclaimPolicy": reclaim_policy}
    try:
        read = read_parameters(own, with_peer())
    except ParametersRefused:
        return
    retains = reclaim_policy == "Retain" or parameters.get("onDelete") == "retain"
    assert (read.on_delete is OnDelete.RETAIN) == retains
    assert read.archive_for is None or read.on_delete is OnDelete.ARCHIVE
    assert read.exports
    assert read.shared or not read.pattern.is_constant
