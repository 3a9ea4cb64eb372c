"""What the programs may do in the cluster."""

import pytest

READ = {"get", "list", "watch"}
PROFILE = {"name": "default"}


@pytest.fixture
def rights(render):
    """The rights of a component: verbs by resource, from its ClusterRole."""

    def rights(component: str, **values: object) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for rule in render(**values)["ClusterRole", f"nfs-steward-{component}"]["rules"]:
            for resource in rule["resources"]:
                found.setdefault(resource, set()).update(rule["verbs"])
        return found

    return rights


def test_the_webhook_writes_nothing_and_reads_little(rights):
    assert rights("webhook", profiles=[PROFILE]) == {
        "namespaces": READ,
        "storageclasses": {"list", "watch"},
        "persistentvolumeclaims": {"get"},
        "persistentvolumes": {"get"},
    }


def test_the_webhook_reads_drivers_only_where_a_profile_rewrites_volumes(rights):
    profiles = [PROFILE, {"name": "rewriting", "inlineVolumes": "csi"}]
    assert rights("webhook", profiles=profiles)["csidrivers"] == {"list", "watch"}


def test_the_controller_patches_pods_only_where_there_is_a_gate_to_take_off(rights):
    assert "patch" in rights("controller")["pods"]
    assert rights("controller", schedulingGate=False)["pods"] == READ


def test_nobody_may_read_secrets_or_delete_anything(rights):
    for component in ("webhook", "controller"):
        held = rights(component, profiles=[{**PROFILE, "inlineVolumes": "csi"}])
        assert "secrets" not in held
        assert not {verb for verbs in held.values() for verb in verbs} & {"delete", "deletecollection", "*", "update"}


@pytest.mark.parametrize("component", ["webhook", "controller"])
def test_rights_belong_to_the_components_own_account(render, component):
    rendered = render()
    name = f"nfs-steward-{component}"
    account = rendered["ServiceAccount", name]["metadata"]
    binding = rendered["ClusterRoleBinding", name]
    assert binding["roleRef"] == {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": name, "namespace": account["namespace"]}]
    assert account["namespace"] == "storage"


def test_leases_are_held_in_the_releases_namespace_only(render, rights):
    rendered = render()
    role = rendered["Role", "nfs-steward-controller"]
    assert role["metadata"]["namespace"] == "storage"
    assert [rule["resources"] for rule in role["rules"]] == [["leases"]]
    assert "leases" not in rights("controller")


def test_what_is_rendered_is_labelled_and_named_after_the_release(render):
    rendered = render(release="files", namespace="storage")
    cluster_wide = {"StorageClass"}
    for (kind, name), obj in rendered.items():
        assert obj["metadata"]["labels"]["app.kubernetes.io/instance"] == "files"
        assert obj["metadata"]["labels"]["app.kubernetes.io/component"]
        assert name.startswith("files-nfs-steward") or kind in cluster_wide


def test_the_service_selects_the_webhooks_pods(render):
    service = render()["Service", "nfs-steward-webhook"]
    assert service["spec"]["selector"] == {
        "app.kubernetes.io/name": "nfs-steward",
        "app.kubernetes.io/instance": "nfs-steward",
        "app.kubernetes.io/component": "webhook",
    }
