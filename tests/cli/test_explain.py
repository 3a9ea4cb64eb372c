import json
import subprocess
import sys
from pathlib import Path

import jsonpatch
import pytest
import yaml

from .conftest import OPTED_IN

NAMESPACE = """
apiVersion: v1
kind: Namespace
metadata: {name: team, labels: {nfs-steward.io/inject: enabled}}
"""
CLAIM = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: team}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""
INLINE_POD = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: team}
spec:
  containers: [{name: c, image: i}]
  volumes:
  - {name: share, nfs: {server: 10.0.0.5, path: /nfs/data/team}}
"""
STATEFUL_SET = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web, namespace: team}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: c, image: i}]
      volumes:
      - {name: share, nfs: {server: 10.0.0.5, path: /nfs/data/team}}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""


def values_by_path(row):
    return {operation["path"]: operation.get("value") for operation in row["patch"]}


def test_an_entry_has_exactly_the_documented_keys(explain):
    (row,) = explain(CLAIM)
    assert list(row) == ["kind", "namespace", "name", "allowed", "message", "patch", "warnings", "reasons", "directory"]
    assert (row["kind"], row["namespace"], row["name"]) == ("PersistentVolumeClaim", "team", "data")
    assert (row["allowed"], row["message"], row["warnings"]) == (True, "", [])


def test_what_is_filled_in_is_told_with_its_rule_and_what_is_not_with_the_reason(explain):
    (row,) = explain(CLAIM)
    assert values_by_path(row)["/spec/storageClassName"] == "nfs"
    assert "spec.storageClassName: filled in with nfs by profile default" in row["reasons"]
    assert any(reason.startswith("spec.accessModes: left alone: ") for reason in row["reasons"])
    assert row["reasons"][0].startswith("profile default applies: ")


def test_the_patch_applies_to_the_object_as_it_was_given(explain):
    (row,) = explain(CLAIM, "--cluster-default", "standard")
    filled = jsonpatch.apply_patch(yaml.safe_load(CLAIM), row["patch"])
    assert filled["spec"]["storageClassName"] == "nfs"
    assert "managedFields" not in filled["metadata"]


# Whose wish is the class? With `standard` as the cluster's default.
@pytest.mark.parametrize(
    ("metadata", "spec", "becomes"),
    [
        pytest.param("", "", "nfs", id="no class: the API server's default gives way"),
        pytest.param("", "storageClassName: null,", "nfs", id="null is no class"),
        pytest.param("", "storageClassName: standard,", None, id="the author wrote the default's name"),
        pytest.param("", 'storageClassName: "",', None, id="the author wrote an empty class"),
        pytest.param(
            ", managedFields: [{manager: kubectl, fieldsV1: {'f:spec': {'f:accessModes': {}}}}]",
            "storageClassName: standard,",
            "nfs",
            id="managedFields say that the author wrote none",
        ),
        pytest.param(", managedFields: []", "storageClassName: standard,", None, id="empty managedFields say nothing"),
        pytest.param(
            ", annotations: {volume.beta.kubernetes.io/storage-class: old}", "", None, id="the legacy annotation"
        ),
    ],
)
def test_the_clusters_default_class_is_told_from_the_authors_wish(explain, metadata, spec, becomes):
    claim = f"""
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {{name: data{metadata}}}
      spec: {{{spec} accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Gi}}}}}}
    """
    (row,) = explain(claim, "--cluster-default", "standard")
    assert values_by_path(row).get("/spec/storageClassName") == becomes


DEFAULT_CLASS = """
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: marked, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
provisioner: example.org/x
"""


@pytest.mark.parametrize(
    ("options", "default"),
    [
        pytest.param([], "marked", id="marked in the input"),
        pytest.param(["--cluster-default", "standard"], "standard", id="the option goes first"),
    ],
)
def test_where_nothing_is_filled_in_the_clusters_default_class_is_named(explain, options, default):
    (row,) = explain(f"{DEFAULT_CLASS}---{CLAIM}", *options, labels="nfs-steward.io/inject=no")
    assert row["patch"] == []
    assert f"spec.storageClassName: the API server puts in {default}, the cluster's default class" in row["reasons"]


def test_a_namespace_in_the_input_is_used(explain):
    (row,) = explain(f"{NAMESPACE}---{CLAIM}", labels="")
    assert values_by_path(row)["/spec/storageClassName"] == "nfs"


def test_labels_on_the_command_line_go_over_those_in_the_input(explain):
    (row,) = explain(f"{NAMESPACE}---{CLAIM}", labels="nfs-steward.io/storage-class=fast")
    assert values_by_path(row)["/spec/storageClassName"] == "fast"
    assert (
        "spec.storageClassName: filled in with fast by label nfs-steward.io/storage-class (profile default)"
        in row["reasons"]
    )


def test_a_namespace_of_which_nothing_is_told_is_not_opted_in_and_says_how_to_tell(explain):
    (row,) = explain(CLAIM, labels="")
    assert row["patch"] == []
    assert any("team is not opted in" in reason for reason in row["reasons"])
    assert any(
        "does not hold the Namespace team" in reason and "--namespace-labels" in reason for reason in row["reasons"]
    )


def test_manifests_without_a_namespace_go_to_the_one_that_is_named(explain):
    (row,) = explain(CLAIM.replace(", namespace: team", ""), "-n", "elsewhere")
    assert row["namespace"] == "elsewhere"


def test_kube_system_is_never_opted_in(explain):
    (row,) = explain(CLAIM.replace("team", "kube-system"))
    assert row["patch"] == []


def test_a_stateful_set_is_its_first_claims_and_pod(explain):
    claim, pod = explain(STATEFUL_SET)
    assert (claim["kind"], claim["name"]) == ("PersistentVolumeClaim", "data-web-0")
    assert (pod["kind"], pod["name"]) == ("Pod", "web-0")
    assert values_by_path(claim)["/spec/storageClassName"] == "nfs"
    assert values_by_path(pod)["/spec/schedulingGates"] == [{"name": "nfs-steward.io/directory"}]


@pytest.mark.parametrize("missing", ["accessModes: [ReadWriteOnce],", "resources: {requests: {storage: 1Gi}}"])
def test_a_template_that_the_api_server_refuses_is_never_asked_about(explain, missing):
    rows = explain(STATEFUL_SET.replace(missing, ""))
    assert [(row["name"], row["allowed"], row["patch"]) for row in rows] == [
        ("data-web-0", False, []),
        ("web-0", False, []),
    ]
    assert all("the API server refuses StatefulSet web" in row["message"] for row in rows)


def test_a_bare_claim_without_size_or_modes_is_filled_in(explain):
    (row,) = explain("{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}}")
    assert row["allowed"]
    filled = jsonpatch.apply_patch({"metadata": {"name": "a"}}, row["patch"])
    assert filled["spec"] == {
        "storageClassName": "nfs",
        "resources": {"requests": {"storage": "1Gi"}},
        "accessModes": ["ReadWriteMany"],
    }


def test_what_stays_missing_on_a_bare_claim_is_told(explain):
    (row,) = explain("{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}}", labels="x=y")
    assert row["allowed"]
    assert "spec.accessModes: still missing, so the API server will refuse this claim" in row["reasons"]


@pytest.mark.parametrize(
    ("version", "kind", "prefix"),
    [
        pytest.param("apps/v1", "Deployment", "", id="Deployment"),
        pytest.param("apps/v1", "DaemonSet", "", id="DaemonSet"),
        pytest.param("apps/v1", "ReplicaSet", "", id="ReplicaSet"),
        pytest.param("batch/v1", "Job", "", id="Job"),
        pytest.param("batch/v1", "CronJob", "jobTemplate", id="CronJob"),
    ],
)
def test_a_workload_is_the_pod_of_its_template(explain, version, kind, prefix):
    spec = {"template": {"spec": yaml.safe_load(INLINE_POD)["spec"]}}
    manifest = {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": "web", "namespace": "team"},
        "spec": {prefix: {"spec": spec}} if prefix else spec,
    }
    (row,) = explain(json.dumps(manifest))
    assert (row["kind"], row["namespace"], row["name"]) == ("Pod", "team", "web-*")
    assert "/spec/schedulingGates" in values_by_path(row)


def test_a_kind_of_the_same_name_in_another_group_is_none_of_ours(explain):
    assert explain("{apiVersion: example.org/v1, kind: Deployment, metadata: {name: a}, spec: 5}") == []


def test_objects_that_the_webhook_is_not_asked_about_have_no_entry(explain):
    assert (
        explain(f"{NAMESPACE}---{DEFAULT_CLASS}---\n{{apiVersion: v1, kind: ConfigMap, metadata: {{name: a}}}}") == []
    )


def test_a_refused_pod_says_why_and_gets_no_claims(explain):
    pod = yaml.safe_load(INLINE_POD)
    pod["spec"]["volumes"].append({"name": "s", "ephemeral": {"volumeClaimTemplate": {"spec": {}}}})
    (row,) = explain(json.dumps(pod), labels="nfs-steward.io/inject=enabled,nfs-steward.io/profile=denying")
    assert not row["allowed"]
    assert "denying" in row["message"]
    assert any(reason.startswith("spec.volumes[share]: refused: ") for reason in row["reasons"])


def test_a_claim_that_is_too_large_is_refused(explain):
    (row,) = explain(CLAIM.replace("1Gi", "3Gi"), labels=f"{OPTED_IN},nfs-steward.io/max-claim=2Gi")
    assert row["message"] == (
        "the claim asks for 3Gi; the largest size in namespace team is 2Gi. "
        "For another size, ask those who run the cluster."
    )


CLAIM_POD = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: team}
spec:
  containers: [{name: c, image: i}]
  volumes:
  - {name: data, persistentVolumeClaim: {claimName: data}}
"""
MARKS = "labels: {nfs-steward.io/over-quota: 'true'}, annotations: {nfs-steward.io/used: 2Gi of 1Gi (200 %)}"


def test_a_claim_in_the_input_that_uses_more_than_its_size_counts(explain):
    marked = CLAIM.replace("name: data,", f"name: data, {MARKS},")
    _, soft = explain(f"{marked}---{CLAIM_POD}", labels=f"{OPTED_IN},nfs-steward.io/profile=soft")
    assert values_by_path(soft)["/spec/volumes/0/persistentVolumeClaim/readOnly"] is True
    assert "2Gi of 1Gi (200 %)" in soft["warnings"][0]
    _, strict = explain(f"{marked}---{CLAIM_POD}", labels=f"{OPTED_IN},nfs-steward.io/profile=strict")
    assert "claim data uses 2Gi of 1Gi (200 %)" in strict["message"]


def test_a_claim_outside_of_the_input_is_told_where_its_use_could_matter(explain):
    told = "the input does not hold the claim data, so how much of it is used does not count here"
    (row,) = explain(CLAIM_POD, labels=f"{OPTED_IN},nfs-steward.io/profile=strict")
    assert told in row["reasons"]
    (row,) = explain(CLAIM_POD)
    assert told not in row["reasons"]


def test_an_ephemeral_volume_is_filled_in_within_its_pod_and_its_claim_follows(explain):
    pod, claim = explain(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: web, namespace: team}
        spec:
          containers: [{name: c, image: i}]
          volumes: [{name: scratch, ephemeral: {volumeClaimTemplate: {spec: {}}}}]
        """
    )
    assert values_by_path(pod)["/spec/volumes/0/ephemeral/volumeClaimTemplate/spec/storageClassName"] == "nfs"
    assert (claim["kind"], claim["name"], claim["patch"]) == ("PersistentVolumeClaim", "web-scratch", [])


VOLUME = """
apiVersion: v1
kind: PersistentVolume
metadata: {name: pv}
spec:
  nfs: {server: 10.0.0.5, path: /nfs/data/pv}
  claimRef: {namespace: team, name: data}
"""


def test_a_volume_gets_the_options_of_its_claims_namespace_and_the_claims_request(explain):
    claim = CLAIM.replace("name: data,", "name: data, annotations: {nfs-steward.io/mount-options: rsize=65536},")
    volume, _ = explain(f"{VOLUME}---{claim}")
    assert (volume["kind"], volume["namespace"], volume["name"]) == ("PersistentVolume", "", "pv")
    assert values_by_path(volume)["/spec/mountOptions"] == ["nfsvers=4.1", "hard", "rsize=65536"]


def test_a_volume_whose_claim_is_not_in_the_input_says_what_does_not_count(explain):
    (volume,) = explain(VOLUME)
    assert values_by_path(volume)["/spec/mountOptions"] == ["nfsvers=4.1", "hard"]
    assert any("does not hold the claim data" in reason for reason in volume["reasons"])


def test_a_claim_gets_the_class_of_the_volume_it_names_among_the_input(explain):
    claim = CLAIM.replace("spec: {", "spec: {volumeName: pv, ")
    (row, _) = explain(f"{claim}---{VOLUME}", "--cluster-default", "standard")
    assert values_by_path(row)["/spec/storageClassName"] == ""


def test_a_claim_that_names_a_volume_outside_of_the_input_says_so(explain):
    (row,) = explain(CLAIM.replace("spec: {", "spec: {volumeName: pv, "))
    assert any("does not hold the PersistentVolume pv" in reason for reason in row["reasons"])


CSI_DRIVER = """
apiVersion: storage.k8s.io/v1
kind: CSIDriver
metadata: {name: nfs.csi.k8s.io}
spec: {volumeLifecycleModes: [MODES]}
"""


@pytest.mark.parametrize(
    ("driver", "rewritten"),
    [
        pytest.param("", True, id="a driver that the input does not hold is taken to do it"),
        pytest.param(CSI_DRIVER.replace("MODES", "Persistent, Ephemeral"), True, id="one that lists Ephemeral"),
        pytest.param(CSI_DRIVER.replace("MODES", "Persistent"), False, id="one that does not"),
    ],
)
def test_the_csi_driver_in_the_input_decides_about_rewriting(explain, driver, rewritten):
    labels = "nfs-steward.io/inject=enabled,nfs-steward.io/profile=rewriting"
    (row,) = explain(f"{driver}---{INLINE_POD}", labels=labels)
    pod = jsonpatch.apply_patch(yaml.safe_load(INLINE_POD), row["patch"])
    assert ("csi" in pod["spec"]["volumes"][0]) is rewritten
    assert bool(row["warnings"]) is not rewritten


LEDGER = """
apiVersion: v1
kind: ConfigMap
metadata: {name: nfs-steward-gids, namespace: nfs-steward}
data: {"100000": team former 2026-01-31, "100004": team uid}
"""


def test_a_pods_group_is_told_where_the_ledger_of_gids_is_in_the_input(explain, policy_file):
    with_gids = policy_file.read_text() + "gidRange: {from: 100000, to: 199999}\n"
    policy_file.write_text(with_gids)
    groups = "/spec/securityContext"

    (row,) = [each for each in explain(f"{LEDGER}---{INLINE_POD}") if each["kind"] == "Pod"]
    assert values_by_path(row)[groups] == {"supplementalGroups": [100004]}

    (row,) = explain(INLINE_POD)
    assert groups not in values_by_path(row)
    assert [warning for warning in row["warnings"] if "no gid of namespace team" in warning]


def test_rows_keep_the_order_of_files_and_documents(run, tmp_path, policy_file):
    (tmp_path / "a.yaml").write_text(f"{INLINE_POD}---{CLAIM}")
    (tmp_path / "b.yaml").write_text(NAMESPACE)
    result = run("explain", "-f", tmp_path / "a.yaml", "-f", tmp_path / "b.yaml", "--policy", policy_file, "-o", "json")
    assert [row["kind"] for row in json.loads(result.stdout)] == ["Pod", "PersistentVolumeClaim"]


@pytest.mark.parametrize(
    ("manifest", "told"),
    [
        pytest.param("a: b: c", "<stdin>:1: ", id="no YAML"),
        pytest.param(f"{NAMESPACE}---\njust text", "<stdin>:6: is no Kubernetes object", id="no object"),
        pytest.param(CLAIM.replace("spec: {", "spec: [{").replace("}}}", "}}}]"), "<stdin>:2: ", id="a list as spec"),
        pytest.param(
            STATEFUL_SET.replace("volumeClaimTemplates:", "x: 1\n  volumeClaimTemplates: 5\n  y:"),
            "<stdin>:2: ",
            id="a malformed workload",
        ),
        pytest.param(NAMESPACE.replace("enabled", "5"), "should be a string", id="a label that is a number"),
    ],
)
def test_input_that_cannot_be_read_is_one_line_and_exit_code_2(run, policy_file, manifest, told):
    result = run("explain", "-f", "-", "--policy", policy_file, "-o", "json", stdin=manifest)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert told in result.stderr
    assert result.stderr.count("\n") == 1


def test_an_invalid_policy_is_one_line_and_exit_code_2(run, tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text("profiles: [{name: other, color: red}]")
    result = run("explain", "-f", "-", "--policy", file, stdin=CLAIM)
    assert result.exit_code == 2
    assert "policy.yaml" in result.stderr
    assert "nfs-steward policy check" in result.stderr or "color" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("labels", ["inject", "=x", "a=b,c"])
def test_labels_that_are_none_are_wrong_usage(run, labels):
    result = run("explain", "-f", "-", "--namespace-labels", labels, stdin=CLAIM)
    assert result.exit_code == 2
    assert "key=value" in result.stderr


def test_the_policy_may_be_named_by_the_environment(run, tmp_path, monkeypatch):
    file = tmp_path / "policy.yaml"
    file.write_text("profiles: [{name: default, storageClassName: from-environment}]")
    monkeypatch.setenv("NFS_STEWARD_POLICY", str(file))
    result = run("explain", "-f", "-", "-o", "json", "--namespace-labels", "nfs-steward.io/inject=enabled", stdin=CLAIM)
    assert "from-environment" in result.stdout


def test_without_any_policy_the_charts_own_holds(run):
    result = run("explain", "-f", "-", "-o", "json", "--namespace-labels", "nfs-steward.io/inject=enabled", stdin=CLAIM)
    (row,) = json.loads(result.stdout)
    assert values_by_path(row)["/spec/storageClassName"] == "nfs"


def test_the_table_tells_the_same_to_people(run, policy_file):
    arguments = ["explain", "-f", "-", "--policy", policy_file, "--namespace-labels"]
    result = run(
        *arguments, "nfs-steward.io/inject=enabled,nfs-steward.io/profile=denying", stdin=f"{CLAIM}---{INLINE_POD}"
    )
    assert result.exit_code == 1
    for told in (
        "PersistentVolumeClaim team/data",
        "filled in",
        "profile denying",
        "Pod team/web",
        "denied",
        "refused",
    ):
        assert told in result.stdout


def test_a_table_of_nothing_says_so(run):
    result = run("explain", "-f", "-", stdin=NAMESPACE)
    assert result.exit_code == 0
    assert "nothing that the webhook is asked about" in result.stdout


def test_the_installed_command_explains_a_file(tmp_path, policy_file):
    (tmp_path / "claim.yaml").write_text(CLAIM)
    command = Path(sys.executable).with_name("nfs-steward")
    result = subprocess.run(
        [command, "explain", "-f", tmp_path / "claim.yaml", "--policy", policy_file, "-o", "json"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert [row["name"] for row in json.loads(result.stdout)] == ["data"]
    assert result.stderr == ""
