"""What `explain` says of the directory that a claim would get."""

import json
import re

import pytest

from policy import keys

POLICY = """
exports:
- {name: main, server: 10.0.0.5, path: /nfs/data}
- {name: second, server: 10.0.0.6, path: /srv, directories: {mode: "0750", uid: 5, gid: 6}}
profiles:
- {name: default, storageClassName: nfs}
gidRange: {from: 100000, to: 199999}
provisionerName: k8s-sigs.io/nfs-subdir-external-provisioner
"""


def storage_class(provisioner: str = keys.PROVISIONER, reclaim_policy: str = "Delete", **parameters: str) -> str:
    return json.dumps(
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": "nfs"},
            "provisioner": provisioner,
            "reclaimPolicy": reclaim_policy,
            "parameters": {"export": "main", **parameters},
        }
    )


def claim(labels: dict[str, str] | None = None, **spec: object) -> str:
    usual = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    metadata = {"name": "data", "namespace": "team", "labels": labels or {}}
    return json.dumps(
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": {**usual, **spec}}
    )


def volume(path: str = "/nfs/data/team", server: str = "10.0.0.5", **marks: str) -> str:
    """A volume that is there already, or is to be made, at a place on a server."""
    nfs = {"server": server, "path": path}
    spec = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteMany"], "nfs": nfs}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": "old", "annotations": marks},
            "spec": spec,
        }
    )


@pytest.fixture
def policy_file(tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY)
    return file


@pytest.fixture
def explained(explain):
    """The one row about a claim, explained beside its class and whatever else there is."""

    def explained(*manifests: str):
        rows = explain("\n---\n".join(manifests))
        (row,) = [each for each in rows if each["kind"] == "PersistentVolumeClaim"]
        return row

    return explained


def test_the_directory_is_told_with_its_mode_its_owner_and_its_end(explained):
    row = explained(storage_class(uid="7", mode="0700"), claim())

    assert row["directory"] == {
        "places": [
            {
                "export": "main",
                "server": "10.0.0.5",
                "path": "/nfs/data/team-data-pvc-<uid>",
                "mode": "0700",
                "uid": 7,
                "gid": "auto",
            }
        ],
        "message": "",
        "onDelete": "delete",
        "archiveFor": None,
    }
    where = "directory 10.0.0.5:/nfs/data/team-data-pvc-<uid>: mode 0700, owner 7, "
    assert f"{where}a gid of the namespace's own, from 100000-199999" in row["reasons"]
    assert "when the claim is deleted, its data is deleted, too" in row["reasons"]


def test_a_pattern_is_filled_with_what_the_claim_has(explained):
    row = explained(storage_class(pathPattern="${.PVC.namespace}/${.PVC.labels.app}", gid="9"), claim({"app": "web"}))

    (place,) = row["directory"]["places"]
    assert (place["path"], place["gid"]) == ("/nfs/data/team/web", 9)
    assert any("owner 0, group 9" in reason for reason in row["reasons"])


def test_whose_data_is_copied_is_told_and_what_cannot_be_copied_is_refused(explained):
    clone = claim(storageClassName="nfs", dataSource={"kind": "PersistentVolumeClaim", "name": "other"})
    source = {"kind": "VolumeSnapshot", "name": "x", "apiGroup": "snapshot.storage.k8s.io"}
    snapshot = claim(storageClassName="nfs", dataSource=source)

    told = explained(storage_class(), clone)["reasons"]
    assert "it is filled with a copy of the data of claim team/other, which has to be on the same export" in told
    directory = explained(storage_class(), snapshot)["directory"]
    assert directory["message"] == "its data source is VolumeSnapshot x, and only claims can be copied"


def test_each_export_that_a_class_names_is_told(explained):
    row = explained(storage_class(export="main,second"), claim())

    assert [(place["export"], place["uid"], place["gid"]) for place in row["directory"]["places"]] == [
        ("main", 0, "auto"),
        ("second", 5, 6),
    ]
    assert any("on one of these exports" in reason for reason in row["reasons"])


@pytest.mark.parametrize(
    ("own", "on_delete", "kept", "words"),
    [
        pytest.param(storage_class(onDelete="retain"), "retain", None, "stay until an administrator", id="retain"),
        pytest.param(
            storage_class(onDelete="archive", archiveFor="720h"), "archive", "720h", "kept for 720h", id="archive"
        ),
        pytest.param(
            storage_class("k8s-sigs.io/nfs-subdir-external-provisioner"), "archive", None, "for ever", id="the peer's"
        ),
        pytest.param(
            storage_class(reclaim_policy="Retain"), "retain", None, "stay until", id="by the class's reclaim policy"
        ),
    ],
)
def test_what_becomes_of_the_data_is_told(explained, own, on_delete, kept, words):
    row = explained(own, claim())

    assert (row["directory"]["onDelete"], row["directory"]["archiveFor"]) == (on_delete, kept)
    assert any(words in reason for reason in row["reasons"])


@pytest.mark.parametrize(
    ("own", "of", "why"),
    [
        pytest.param(
            storage_class(pathPattern="${.PVC.labels.app}"), claim(), "label app, .* is missing", id="a missing label"
        ),
        pytest.param(
            storage_class(pathPattern="x/${.PVC.labels.app}"), claim({"app": ".."}), "label app: '..'", id="hostile"
        ),
        pytest.param(storage_class(nonsense="x"), claim(), "parameter nonsense is not", id="a class that is wrong"),
        pytest.param(storage_class(export="x"), claim(), "no export 'x'", id="no such export"),
        pytest.param(storage_class(), claim(volumeMode="Block"), "no block devices", id="a block device"),
        pytest.param(
            storage_class(), claim(storageClassName="nfs", selector={}), "asks for an existing volume", id="selector"
        ),
    ],
)
def test_why_there_would_be_none_is_told(explained, own, of, why):
    row = explained(own, of)

    assert row["directory"]["places"] == []
    assert re.search(why, row["directory"]["message"])
    assert any(reason.startswith("no directory: ") for reason in row["reasons"])


def test_a_directory_that_would_be_another_export_s_is_told(policy_file, explained):
    inside = "- {name: inside, server: 10.0.0.5, path: /nfs/data/team}\nprofiles:"
    policy_file.write_text(POLICY.replace("profiles:", inside, 1))

    row = explained(storage_class(pathPattern="${.PVC.namespace}/${.PVC.name}"), claim())

    assert row["directory"]["places"] == []
    assert "be /nfs/data/team/data, but it lies on export inside" in row["directory"]["message"]


@pytest.mark.parametrize(
    ("parameters", "second"),
    [
        pytest.param({}, "volume of claim team/data already uses it", id="each alone"),
        pytest.param({"shared": "true"}, "", id="together"),
    ],
)
def test_of_two_claims_on_one_path_the_second_gets_it_only_where_they_share(explain, parameters, second):
    other = claim().replace('"data"', '"other"')
    rows = explain("\n---\n".join((storage_class(pathPattern="${.PVC.namespace}", **parameters), claim(), other)))

    assert [row["directory"]["message"].partition("but ")[2] for row in rows] == ["", second]


@pytest.mark.parametrize(
    ("parameters", "other", "why"),
    [
        pytest.param({}, volume(), "volume old already uses it", id="the same place"),
        pytest.param({}, volume("/nfs/data/team/x"), "the directory of volume old lies inside it", id="inside it"),
        pytest.param({}, volume("/nfs/data/other"), "", id="another place"),
        pytest.param({}, volume(server="10.0.0.9"), "", id="another server"),
        pytest.param({"shared": "true"}, volume(), "volume old already uses it", id="a volume that is not shared"),
        pytest.param({"shared": "true"}, volume(**{keys.SHARED: keys.SHARED_TRUE}), "", id="a volume that is"),
    ],
)
def test_a_place_that_a_volume_of_the_input_has_is_not_promised(explained, parameters, other, why):
    row = explained(storage_class(pathPattern="${.PVC.namespace}", **parameters), claim(), other)

    assert row["directory"]["message"].partition("but ")[2] == why


def test_a_volume_that_cannot_be_read_is_told_with_its_place(run, policy_file):
    broken = volume().replace('"old"', '"old", "annotations": 7', 1).replace(', "annotations": {}', "")
    manifests = f"{storage_class()}\n---\n{claim()}\n---\n{broken}"

    result = run("explain", "-f", "-", "--policy", policy_file, stdin=manifests)

    assert result.exit_code == 2
    assert "<stdin>:5: " in result.stderr


LEDGER = json.dumps(
    {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": keys.GID_LEDGER, "namespace": "nfs-steward"},
        "data": {"100004": "team uid", "100005": "other uid"},
    }
)


@pytest.mark.parametrize(
    ("parameters", "gid", "words"),
    [
        pytest.param({}, 100004, "group 100004, the namespace's own", id="its own"),
        pytest.param({"gid": "9"}, 9, "owner 0, group 9", id="the class has another"),
    ],
)
def test_the_namespaces_gid_is_told_where_the_ledger_is_in_the_input(explained, parameters, gid, words):
    row = explained(LEDGER, storage_class(**parameters), claim())

    (place,) = row["directory"]["places"]
    assert place["gid"] == gid
    assert any(reason.split(": ")[-1].endswith(words) for reason in row["reasons"])


def test_a_namespace_that_the_ledger_does_not_have_gets_some_gid(explained):
    row = explained(LEDGER.replace("team", "elsewhere"), storage_class(), claim())

    (place,) = row["directory"]["places"]
    assert place["gid"] == "auto"


@pytest.mark.parametrize(
    ("own", "of"),
    [
        pytest.param("", claim(), id="the class is not in the input"),
        pytest.param(storage_class("example.org/other"), claim(), id="another provisioner's"),
        pytest.param(storage_class(), claim(storageClassName="other"), id="of another class"),
        pytest.param(storage_class(), claim(volumeName="pv"), id="it names its volume"),
    ],
)
def test_of_what_is_not_ours_nothing_is_told(explained, own, of):
    row = explained(*filter(None, (own, of)))

    assert row["directory"] is None
    assert not any("directory" in reason.split(":")[0] for reason in row["reasons"])


def test_people_read_the_same_in_the_table(run, policy_file):
    manifests = f"{storage_class(pathPattern='${.PVC.namespace}/${.PVC.labels.app:-none}')}\n---\n{claim()}"
    arguments = ["explain", "-f", "-", "--policy", policy_file, "--namespace-labels", "nfs-steward.io/inject=enabled"]

    table = run(*arguments, stdin=manifests).stdout

    for told in ("10.0.0.5:/nfs/data/team/none", "a gid of the namespace", "its data is deleted"):
        assert told in table


def test_that_a_directory_which_is_there_already_is_changed_is_told(explained):
    keeps, changes = (explained(claim(), storage_class(**more)) for more in ({}, {"existing": "change"}))

    assert "there already" not in json.dumps(keeps)
    assert "where it is there already, its mode and owner are changed" in json.dumps(changes)
