"""What Helm makes for a moment only: before an installation and an upgrade, for a test, before an uninstallation."""

import pytest
import yaml

from cli.policy import command as policy_command
from cli.uninstall import command as uninstall_command
from cli.verify import command as verify_command
from controller.removal import Installation
from policy import keys

COMMANDS = {"policy": policy_command, "uninstall": uninstall_command, "verify": verify_command}
EVENTS = {"uninstall": "pre-delete", "policy-check": "pre-install,pre-upgrade", "test": "test"}
OWN_CERTIFICATE = {"source": "existingSecret", "existingSecret": "own"}


@pytest.fixture
def hook(render):
    """The objects of a hook's component, by kind."""

    def hook(component: str, **options: object):
        return {
            kind: obj
            for (kind, _), obj in render(**options).items()
            if obj["metadata"]["labels"]["app.kubernetes.io/component"] == component
        }

    return hook


@pytest.fixture
def hook_pod(hook):
    """The Pod that a hook runs, as it is created."""

    def hook_pod(component: str, **options: object):
        objects = hook(component, **options)
        return objects["Job"]["spec"]["template"] if "Job" in objects else objects["Pod"]

    return hook_pod


def understood(pod):
    """What the command makes of the container's arguments: the values by the options' names."""
    (container,) = pod["spec"]["containers"]
    name, *rest = container["args"]
    context = COMMANDS[name].make_context(name, rest)
    if hasattr(context.command, "commands"):
        subcommand, *rest = rest
        context = context.command.commands[subcommand].make_context(subcommand, rest)
    return context.params


@pytest.mark.parametrize(("component", "event"), EVENTS.items(), ids=EVENTS)
def test_all_of_a_hook_comes_with_its_event_and_goes_when_that_is_over(hook, component, event):
    runs = {"Job", "Pod"}
    for kind, obj in hook(component).items():
        annotations = obj["metadata"]["annotations"]
        assert annotations["helm.sh/hook"] == event
        assert annotations["helm.sh/hook-delete-policy"] == "before-hook-creation,hook-succeeded"
        assert (int(annotations["helm.sh/hook-weight"]) == 0) is (kind in runs), "what a Pod stands on comes first"
        assert (annotations.get("helm.sh/hook-output-log-policy") == "hook-failed") is (kind in runs)


def test_the_test_s_namespace_comes_before_what_is_in_it(hook):
    weights = {kind: int(obj["metadata"]["annotations"]["helm.sh/hook-weight"]) for kind, obj in hook("test").items()}
    assert weights == {"Namespace": -2, "ServiceAccount": -1, "Role": -1, "RoleBinding": -1, "Pod": 0}


@pytest.mark.parametrize("component", EVENTS)
def test_no_hook_holds_up_whoever_waits_for_it_without_an_end(hook, hook_pod, component):
    runs = hook(component).get("Job") or hook(component)["Pod"]
    assert runs["spec"]["activeDeadlineSeconds"] < 300, "Helm waits for five minutes"
    assert hook_pod(component)["spec"]["restartPolicy"] == "Never"


@pytest.mark.parametrize("component", EVENTS)
def test_every_hook_keeps_to_pod_security_restricted_with_the_account_of_its_own(hook, hook_pod, component):
    spec = hook_pod(component, controller={"hostNetwork": True, "runAsUser": 1000})["spec"]
    (container,) = spec["containers"]
    assert (
        spec["serviceAccountName"]
        == f"nfs-steward-{component}"
        == hook(component)["ServiceAccount"]["metadata"]["name"]
    )
    assert "hostNetwork" not in spec
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] > 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


@pytest.mark.parametrize("component", EVENTS)
def test_hooks_run_where_and_as_what_the_other_pods_do(hook_pod, component):
    placed = {"nodeSelector": {"a": "b"}, "tolerations": [{"operator": "Exists"}]}
    image = {"repository": "r.example/x", "tag": "1", "pullSecrets": ["s"], "pullPolicy": "Always"}
    spec = hook_pod(component, controller=placed, image=image)["spec"]
    (container,) = spec["containers"]
    assert (container["image"], container["imagePullPolicy"]) == ("r.example/x:1", "Always")
    assert spec["imagePullSecrets"] == [{"name": "s"}]
    assert {key: spec[key] for key in placed} == placed
    assert "priorityClassName" not in spec, "nothing makes way for a hook"


def test_uninstalling_is_told_what_is_installed_where(hook_pod):
    told = understood(hook_pod("uninstall", release="files", namespace="storage"))
    assert (told["name"], told["namespace"], told["dry_run"]) == ("files-nfs-steward", "storage", False)
    assert told["timeout"] < 270


@pytest.mark.parametrize(
    ("certificates", "kept"),
    [
        pytest.param({}, False, id="nfs-steward's own goes with it"),
        pytest.param(OWN_CERTIFICATE, True, id="the administrator's own stays"),
        pytest.param({"source": "cert-manager"}, True, id="cert-manager's own stays"),
    ],
)
def test_a_certificate_goes_with_whoever_has_issued_it(hook, hook_pod, certificates, kept):
    assert understood(hook_pod("uninstall", certificates=certificates))["keep_secret"] is kept
    rules = hook("uninstall", certificates=certificates)["Role"]["rules"]
    assert any("secrets" in rule["resources"] for rule in rules) is not kept


def test_the_new_policy_is_checked_before_it_is_installed(render, hook, hook_pod):
    values = {"gateTimeout": "7m"}
    pod = hook_pod("policy-check", **values)
    (mount,) = pod["spec"]["containers"][0]["volumeMounts"]
    (volume,) = pod["spec"]["volumes"]
    checked = hook("policy-check", **values)["ConfigMap"]
    assert volume["configMap"]["name"] == checked["metadata"]["name"]
    assert str(understood(pod)["file"]) == f"{mount['mountPath']}/{next(iter(checked['data']))}"
    assert checked["data"] == render(**values)["ConfigMap", "nfs-steward-policy"]["data"]
    assert yaml.safe_load(checked["data"]["policy.yaml"])["gateTimeout"] == "7m"


def test_the_check_of_the_policy_has_neither_rights_nor_a_token(hook, hook_pod):
    assert hook_pod("policy-check")["spec"]["automountServiceAccountToken"] is False
    assert set(hook("policy-check")) == {"ConfigMap", "ServiceAccount", "Job"}


def test_the_check_of_the_policy_can_be_switched_off(hook):
    assert hook("policy-check", policyCheck=False) == {}


@pytest.mark.parametrize(
    ("profiles", "expected"),
    [
        pytest.param([{"name": "default", "storageClassName": "nfs"}], "nfs", id="the default profile's"),
        pytest.param(
            [{"name": "gold", "storageClassName": "gold"}, {"name": "default", "storageClassName": "plain"}],
            "plain",
            id="the default profile's among others",
        ),
        pytest.param([{"name": "default"}], "nfs-steward-test", id="one for the test alone, where that has none"),
    ],
)
def test_the_test_expects_the_class_that_its_namespace_gets(hook, hook_pod, profiles, expected):
    namespace = hook("test", profiles=profiles)["Namespace"]["metadata"]
    told = understood(hook_pod("test", profiles=profiles))
    assert (told["namespace"], told["expect_class"]) == (namespace["name"], expected)
    labels = {keys.INJECT: keys.INJECT_ENABLED, keys.PROFILE: "default", keys.STORAGE_CLASS: expected}
    assert namespace["labels"].items() >= labels.items()


def test_the_test_may_create_claims_in_its_own_namespace_and_nothing_else(hook):
    objects = hook("test")
    namespace = objects["Namespace"]["metadata"]["name"]
    assert objects["Role"]["metadata"]["namespace"] == objects["RoleBinding"]["metadata"]["namespace"] == namespace
    rule = {"apiGroups": [""], "resources": ["persistentvolumeclaims"], "verbs": ["create"]}
    assert objects["Role"]["rules"] == [rule]


def test_uninstalling_may_do_what_it_does_and_nothing_else(hook):
    objects = hook("uninstall")
    configurations = ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"]
    assert objects["ClusterRole"]["rules"] == [
        {
            "apiGroups": ["admissionregistration.k8s.io"],
            "resources": configurations,
            "verbs": ["delete"],
            "resourceNames": ["nfs-steward"],
        },
        {"apiGroups": [""], "resources": ["pods", "persistentvolumes"], "verbs": ["list", "patch"]},
        {
            "apiGroups": [""],
            "resources": ["limitranges", "resourcequotas"],
            "verbs": ["list", "delete"],
            "resourceNames": ["nfs-steward"],
        },
    ]
    assert objects["Role"]["rules"] == [
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["list"]},
        may_delete("apps", "deployments", "nfs-steward-cluster", "nfs-steward-export-main"),
        may_delete("batch", "jobs", "nfs-steward-policy-check"),
        may_delete("", "pods", "nfs-steward-test"),
        may_delete("", "secrets", "nfs-steward-webhook-tls"),
    ]


def may_delete(group, resource, *names):
    return {"apiGroups": [group], "resources": [resource], "verbs": ["delete"], "resourceNames": list(names)}


def test_uninstalling_may_delete_the_controllers_of_every_export(render):
    exports = [{"server": "a", "path": "/a", "name": name} for name in ("a", "b" * 40)]
    rendered = render(exports=exports, storageClasses=[])
    rules = rendered["Role", "nfs-steward-uninstall"]["rules"]
    (rule,) = [rule for rule in rules if rule["resources"] == ["deployments"] and rule["verbs"] == ["delete"]]
    controllers = {
        name
        for (kind, name), obj in rendered.items()
        if kind == "Deployment" and obj["metadata"]["labels"]["app.kubernetes.io/component"] in ("cluster", "export")
    }
    assert set(rule["resourceNames"]) == controllers


def test_uninstalling_finds_the_controllers_by_their_labels_and_names(render):
    found = [obj for (kind, _), obj in render(release="files").items() if kind == "Deployment"]
    ours = Installation("files-nfs-steward", "nfs-steward", None)
    for obj in found:
        labels, name = obj["metadata"]["labels"], obj["metadata"]["name"]
        is_controller = labels["app.kubernetes.io/component"] in ("cluster", "export")
        assert labels["app.kubernetes.io/name"] == "nfs-steward"
        assert ours.controls(name) is is_controller


@pytest.mark.parametrize(
    ("component", "kind", "resource"), [("policy-check", "Job", "jobs"), ("test", "Pod", "pods")], ids=["Job", "Pod"]
)
def test_what_a_hook_leaves_when_it_fails_may_be_deleted_by_uninstalling(hook, component, kind, resource):
    left = hook(component, release="files")[kind]["metadata"]["name"]
    rules = hook("uninstall", release="files", policyCheck=False)["Role"]["rules"]
    (rule,) = [rule for rule in rules if rule["resources"] == [resource]]
    assert rule["resourceNames"] == [left], "also where there is no such check any more: there may have been one"
