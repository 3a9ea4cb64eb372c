"""The Deployments: what they run, as whom, how they come and go."""

import re
from pathlib import Path

import pytest

from certs.files import AUTHORITY_FILE, CERTIFICATE_FILE, KEY_FILE
from cli.controller import command as controller_command
from cli.parameters import Address
from cli.webhook import command as webhook_command
from controller.certificates.options import CertificateOptions
from controller.options import USUAL_TIMING
from webhook import gunicorn_conf
from webhook.board import memory_directory

COMMANDS = {"webhook": webhook_command, "controller": controller_command}
COMPONENTS = ("webhook", "cluster", "export")
ENVIRONMENT = {"POD_IP": "fd00::7", "POD_NAMESPACE": "storage"}
FIELDS = {"POD_IP": "status.podIP", "POD_NAMESPACE": "metadata.namespace"}
NODES_NETWORK = {"webhook": {"hostNetwork": True}, "controller": {"hostNetwork": True}}


def pod(deployment):
    return deployment["spec"]["template"]["spec"]


def container(deployment):
    (container,) = pod(deployment)["containers"]
    return container


def arguments(deployment) -> list[str]:
    """A container's arguments as the kubelet puts them together."""
    given = container(deployment)
    fields = [each for each in given["env"] if "valueFrom" in each]
    assert {each["name"]: each["valueFrom"]["fieldRef"]["fieldPath"] for each in fields}.items() <= FIELDS.items()
    names = {each["name"] for each in fields}
    used = set(re.findall(r"\$\((\w+)\)", " ".join(given["args"])))
    assert used == names
    return [re.sub(r"\$\((\w+)\)", lambda found: ENVIRONMENT[found[1]], each) for each in given["args"]]


def understood(deployment):
    """What the command makes of the arguments: the values by the options' names."""
    name, *rest = arguments(deployment)
    return COMMANDS[name].make_context(name, rest).params


def test_there_is_one_for_the_webhook_one_for_the_cluster_and_one_for_the_export(render):
    assert {name for kind, name in render() if kind == "Deployment"} == {
        "nfs-steward-webhook",
        "nfs-steward-cluster",
        "nfs-steward-export-main",
    }


def test_the_webhook_is_started_as_its_command_wants_it(deployment):
    values = {"workers": 3, "port": 9443, "validatingFailurePolicy": "Ignore"}
    options = understood(deployment("webhook", webhook=values))
    assert options["bind"] == Address("fd00::7", 9443)
    assert options["workers"] == 3
    assert options["validate_failure_policy"] == "Ignore"


def test_the_cluster_s_controller_is_started_as_its_command_wants_it(deployment):
    options = understood(deployment("cluster", namespace="storage"))
    assert (options["cluster"], options["exports"]) == (True, ())
    assert options["namespace"] == "storage"
    assert options["health_bind"] == Address("fd00::7", 8080)


def test_commands_in_the_pod_of_an_export_s_controller_know_policy_and_export(deployment):
    given = container(deployment("export"))
    values = {each["name"]: each["value"] for each in given["env"] if "value" in each}
    assert values == {
        "NFS_STEWARD_POLICY": "/etc/nfs-steward/policy/policy.yaml",
        "NFS_STEWARD_EXPORT": "main=/exports/main",
    }
    assert f"--policy={values['NFS_STEWARD_POLICY']}" in given["args"]
    assert f"--export={values['NFS_STEWARD_EXPORT']}" in given["args"]


def test_the_export_s_controller_is_started_as_its_command_wants_it(deployment):
    options = understood(deployment("export"))
    assert (options["cluster"], options["exports"]) == (False, (("main", Path("/exports/main")),))
    assert options["mode"] is None
    assert options["health_bind"] == Address("fd00::7", 8080)


@pytest.mark.parametrize("component", COMPONENTS)
def test_all_of_them_read_the_policy_from_a_folder_that_follows_changes(deployment, component):
    rendered = deployment(component)
    policy = Path(understood(rendered)["policy_file"])
    (mount,) = [each for each in container(rendered)["volumeMounts"] if Path(each["mountPath"]) == policy.parent]
    (volume,) = [each for each in pod(rendered)["volumes"] if each["name"] == mount["name"]]
    assert "subPath" not in mount
    assert volume["configMap"] == {"name": "nfs-steward-policy"}


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_changed_policy_restarts_nothing(deployment, component):
    changed = {"profiles": [{"name": "default", "inlineVolumes": "deny"}], "schedulingGate": False}
    assert deployment(component, **changed)["spec"] == deployment(component)["spec"]


@pytest.mark.parametrize("component", COMPONENTS)
def test_all_of_them_log_as_the_values_say(deployment, component):
    options = understood(deployment(component, log={"level": "debug", "format": "text"}))
    assert (options["log_level"], options["log_format"]) == ("debug", "text")


@pytest.mark.parametrize("component", COMPONENTS)
@pytest.mark.parametrize("values", [{}, NODES_NETWORK], ids=["the Pods' network", "the nodes' network"])
def test_the_port_that_is_listened_on_is_the_one_that_is_declared_and_probed(deployment, component, values):
    rendered = deployment(component, **values)
    options = understood(rendered)
    (port,) = container(rendered)["ports"]
    assert port["containerPort"] == (options.get("bind") or options["health_bind"]).port
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container(rendered)[probe]["httpGet"]["port"] == port["name"]


def test_the_service_leads_to_the_webhook_s_port_and_pods(render, deployment):
    service = render()["Service", "nfs-steward-webhook"]["spec"]
    rendered = deployment("webhook")
    assert [port["targetPort"] for port in service["ports"]] == [each["name"] for each in container(rendered)["ports"]]
    assert service["selector"].items() <= rendered["spec"]["template"]["metadata"]["labels"].items()


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_deployment_selects_its_own_pods_and_no_others(workloads, component):
    exports = [{"server": "a", "path": "/a", "name": "main"}]
    rendered = workloads(exports=exports)
    selector = rendered[component]["spec"]["selector"]["matchLabels"]
    labels = {name: each["spec"]["template"]["metadata"]["labels"] for name, each in rendered.items()}
    assert [name for name, held in labels.items() if selector.items() <= held.items()] == [component]


def test_a_new_version_of_the_chart_alone_restarts_nothing(workloads):
    for rendered in workloads().values():
        labels = rendered["spec"]["template"]["metadata"]["labels"]
        assert not {"helm.sh/chart", "app.kubernetes.io/version"} & set(labels)


@pytest.mark.parametrize("component", COMPONENTS)
def test_alive_and_ready_are_asked_for_where_they_are_told(deployment, component):
    rendered = container(deployment(component))
    pages = {name: rendered[name]["httpGet"]["path"] for name in ("startupProbe", "readinessProbe", "livenessProbe")}
    assert pages == {"startupProbe": "/readyz", "readinessProbe": "/readyz", "livenessProbe": "/healthz"}
    scheme = "HTTPS" if component == "webhook" else "HTTP"
    assert {rendered[name]["httpGet"]["scheme"] for name in pages} == {scheme}


def test_the_webhook_has_the_time_to_answer_what_is_under_way_before_it_is_killed(deployment):
    rendered = deployment("webhook")
    waits = container(rendered)["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert waits >= 5
    margin = 3
    assert pod(rendered)["terminationGracePeriodSeconds"] >= waits + gunicorn_conf.graceful_timeout + margin


@pytest.mark.parametrize("component", ["cluster", "export"])
def test_a_controller_has_the_time_to_give_its_lease_back(deployment, component):
    kubernetes_default = 30
    grace = pod(deployment(component)).get("terminationGracePeriodSeconds", kubernetes_default)
    assert grace >= 2 * USUAL_TIMING.stop_seconds


def test_the_webhook_never_drops_below_its_replicas_while_it_is_updated(deployment):
    rolling = {"maxUnavailable": 0, "maxSurge": 1}
    assert deployment("webhook")["spec"]["strategy"] == {"type": "RollingUpdate", "rollingUpdate": rolling}


@pytest.mark.parametrize("component", ["webhook", "cluster"])
def test_on_the_nodes_network_an_old_pod_makes_room_before_a_new_one_comes(deployment, component):
    rolling = {"maxUnavailable": 1, "maxSurge": 0}
    spec = deployment(component, **NODES_NETWORK)["spec"]
    assert spec["strategy"] == {"type": "RollingUpdate", "rollingUpdate": rolling}


def test_no_pod_with_the_export_s_old_place_is_left_when_one_with_the_new_one_starts(deployment):
    assert deployment("export")["spec"]["strategy"] == {"type": "Recreate"}


@pytest.mark.parametrize("component", COMPONENTS)
def test_on_the_nodes_network_names_of_the_cluster_are_still_found(deployment, component):
    apart, together = pod(deployment(component)), pod(deployment(component, **NODES_NETWORK))
    assert (together["hostNetwork"], together["dnsPolicy"]) == (True, "ClusterFirstWithHostNet")
    assert not {"hostNetwork", "dnsPolicy"} & set(apart)


def test_on_the_nodes_network_each_controller_has_a_port_of_its_own(render):
    exports = [{"server": "a", "path": "/a", "name": name} for name in ("one", "two")]
    values = {"exports": exports, "storageClasses": [], "controller": {"hostNetwork": True, "port": 9000}}
    rendered = [obj for (kind, _), obj in render(**values).items() if kind == "Deployment"]
    ports = sorted(container(each)["ports"][0]["containerPort"] for each in rendered)
    assert ports == [8443, 9000, 9001, 9002]


@pytest.mark.parametrize("component", COMPONENTS)
def test_replicas_keep_apart_by_node_and_zone_as_far_as_there_are_several(deployment, component):
    rendered = deployment(component)
    constraints = pod(rendered)["topologySpreadConstraints"]
    assert [each["topologyKey"] for each in constraints] == ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]
    for each in constraints:
        assert each["whenUnsatisfiable"] == "ScheduleAnyway"
        assert each["labelSelector"] == rendered["spec"]["selector"]


@pytest.mark.parametrize("replicas", [1, 2, 5])
def test_draining_nodes_takes_one_replica_at_a_time_and_is_never_forbidden(render, replicas):
    rendered = render(webhook={"replicas": replicas})
    assert rendered["Deployment", "nfs-steward-webhook"]["spec"]["replicas"] == replicas
    budget = rendered.get(("PodDisruptionBudget", "nfs-steward-webhook"))
    assert (budget is not None) is (replicas > 1)
    if budget:
        assert budget["spec"]["maxUnavailable"] == 1
        assert budget["spec"]["selector"] == rendered["Deployment", "nfs-steward-webhook"]["spec"]["selector"]


@pytest.mark.parametrize("component", ["webhook", "cluster"])
def test_what_mounts_nothing_keeps_to_pod_security_restricted(deployment, component):
    rendered = deployment(component)
    security = {**pod(rendered)["securityContext"], **container(rendered)["securityContext"]}
    assert security["runAsNonRoot"] is True
    assert security["runAsUser"] > 0
    assert security["runAsGroup"] > 0
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert security["allowPrivilegeEscalation"] is False
    assert security["readOnlyRootFilesystem"] is True
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert {kind for each in pod(rendered)["volumes"] for kind in each} <= {"name", "configMap", "secret", "emptyDir"}


def test_an_export_s_controller_is_root_without_any_capability_unless_told_otherwise(deployment):
    rendered = deployment("export")
    assert pod(rendered)["securityContext"]["runAsUser"] == 0
    security = container(rendered)["securityContext"]
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert (security["allowPrivilegeEscalation"], security["readOnlyRootFilesystem"]) == (False, True)


@pytest.mark.parametrize(
    ("values", "group"),
    [
        pytest.param({"runAsUser": 1000}, 1000, id="a user alone"),
        pytest.param({"runAsUser": 1000, "runAsGroup": 2000}, 2000, id="a user and a group"),
        pytest.param({"runAsUser": 1000, "runAsGroup": 0}, 0, id="a user in root's group"),
    ],
)
def test_an_export_s_controller_can_be_somebody(deployment, values, group):
    rendered = deployment("export", controller=values)
    assert pod(rendered)["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 1000,
        "runAsGroup": group,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container(rendered)["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_a_large_uid_is_rendered_as_the_number_that_it_is(deployment):
    security = pod(deployment("export", controller={"runAsUser": 2147483647}))["securityContext"]
    assert (security["runAsUser"], security["runAsGroup"]) == (2147483647, 2147483647)


def test_the_webhook_sees_of_the_secret_what_it_serves_with_and_no_more(deployment):
    rendered = deployment("webhook")
    folder = str(understood(rendered)["tls_dir"])
    (mount,) = [each for each in container(rendered)["volumeMounts"] if each["mountPath"] == folder]
    (volume,) = [each for each in pod(rendered)["volumes"] if each["name"] == mount["name"]]
    assert volume["secret"]["secretName"] == CertificateOptions().secret
    paths = {each["key"]: each["path"] for each in volume["secret"]["items"]}
    assert paths == {name: name for name in (AUTHORITY_FILE, CERTIFICATE_FILE, KEY_FILE)}
    assert not volume["secret"].get("optional")


def test_the_webhook_can_write_where_it_has_to(deployment):
    rendered = deployment("webhook")
    kinds = {each["name"]: each.get("emptyDir") for each in pod(rendered)["volumes"]}
    writable = {each["mountPath"]: kinds[each["name"]] for each in container(rendered)["volumeMounts"]}
    assert writable["/tmp"] is not None
    assert writable[memory_directory()]["medium"] == "Memory"


def test_an_export_s_controller_can_write_what_measuring_does_not_hold_in_memory(deployment):
    rendered = deployment("export")
    kinds = {each["name"]: each.get("emptyDir") for each in pod(rendered)["volumes"]}
    writable = {each["mountPath"]: kinds[each["name"]] for each in container(rendered)["volumeMounts"]}
    assert writable["/tmp"] is not None


@pytest.mark.parametrize("component", COMPONENTS)
def test_each_runs_under_the_account_of_its_component(render, deployment, component):
    account = pod(deployment(component))["serviceAccountName"]
    assert account == f"nfs-steward-{component}"
    assert ("ServiceAccount", account) in render()


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        pytest.param({}, "nfs-steward:0.1.0", id="the chart's own version"),
        pytest.param({"repository": "registry.example/nfs", "tag": "1"}, "registry.example/nfs:1", id="a tag"),
        pytest.param({"tag": "1", "digest": "sha256:" + "a" * 64}, "nfs-steward@sha256:" + "a" * 64, id="a digest"),
    ],
)
def test_all_of_them_run_one_image(workloads, image, expected):
    assert {container(each)["image"] for each in workloads(image=image).values()} == {expected}


@pytest.mark.parametrize("component", COMPONENTS)
def test_placement_and_resources_are_values(deployment, component):
    values = {
        "resources": {"limits": {"memory": "1Gi"}},
        "priorityClassName": "high",
        "nodeSelector": {"a": "b"},
        "tolerations": [{"key": "c", "operator": "Exists"}],
    }
    rendered = deployment(
        component, webhook=values, controller=values, image={"pullPolicy": "Never", "pullSecrets": ["mine"]}
    )
    assert container(rendered)["resources"]["limits"] == {"memory": "1Gi"}
    assert container(rendered)["imagePullPolicy"] == "Never"
    assert pod(rendered)["priorityClassName"] == "high"
    assert pod(rendered)["nodeSelector"] == {"a": "b"}
    assert pod(rendered)["tolerations"] == [{"key": "c", "operator": "Exists"}]
    assert pod(rendered)["imagePullSecrets"] == [{"name": "mine"}]


@pytest.mark.parametrize("component", COMPONENTS)
def test_nothing_is_put_off_for_the_sake_of_ordinary_pods(deployment, component):
    assert pod(deployment(component))["priorityClassName"] == "system-cluster-critical"
    assert "cpu" not in container(deployment(component))["resources"]["limits"]
