"""What the API server asks the webhook about, and what it does while there is no answer."""

import json

import orjson
import pytest

from policy.errors import StewardError
from policy.load import load_policy
from webhook.admission import Admission
from webhook.cluster import StillCluster
from webhook.reviews import Side, evaluate

KINDS = {"persistentvolumeclaims": "PersistentVolumeClaim", "pods": "Pod", "persistentvolumes": "PersistentVolume"}
PROFILE = {"name": "default"}
DENYING = [{**PROFILE, "inlineVolumes": "deny"}]


@pytest.fixture
def mutating(render):
    """The entries of the MutatingWebhookConfiguration, by the resource each is about."""

    def mutating(**values: object):
        return by_resource(render(**values)["MutatingWebhookConfiguration", "nfs-steward"])

    return mutating


@pytest.fixture
def validating(render):
    """The entries of the ValidatingWebhookConfiguration, by the resource each is about."""

    def validating(**values: object):
        return by_resource(render(**values)["ValidatingWebhookConfiguration", "nfs-steward"])

    return validating


def by_resource(configuration):
    entries = {}
    for webhook in configuration["webhooks"]:
        (rule,) = webhook["rules"]
        (resource,) = rule["resources"]
        assert (rule["apiGroups"], rule["apiVersions"], rule["operations"]) == ([""], ["v1"], ["CREATE"])
        entries[resource] = webhook
    return entries


def expressions(webhook) -> str:
    return " && ".join(condition["expression"] for condition in webhook.get("matchConditions", ()))


@pytest.mark.parametrize(
    ("resource", "failure_policy", "timeout", "scope"),
    [
        pytest.param("persistentvolumeclaims", "Fail", 3, "Namespaced", id="a class is immutable"),
        pytest.param("pods", "Ignore", 2, "Namespaced", id="Pods are never blocked"),
        pytest.param("persistentvolumes", "Ignore", 2, "Cluster", id="the controller mends volumes"),
    ],
)
def test_each_kind_has_an_entry_of_its_own(mutating, resource, failure_policy, timeout, scope):
    webhook = mutating()[resource]
    assert webhook["failurePolicy"] == failure_policy
    assert webhook["timeoutSeconds"] == timeout
    assert webhook["rules"][0]["scope"] == scope
    assert webhook["reinvocationPolicy"] == "IfNeeded"


class Unreachable(StillCluster):
    """A cluster that gives no answer."""

    def settings(self, namespace: str, *, selected: bool = False) -> None:  # noqa: ARG002
        raise StewardError(f"nothing can be learnt of {namespace}")


UNREACHABLE = Unreachable(load_policy("profiles: [{name: default}]", "policy"))


def request_about(kind: str):
    obj = {"metadata": {"name": "a"}, "spec": {"claimRef": {"namespace": "team", "name": "a"}}}
    about = {"group": "", "version": "v1", "kind": kind}
    return {"uid": "1", "kind": about, "operation": "CREATE", "namespace": "team", "object": obj}


def is_looked_at(side: Side, kind: str) -> bool:
    """Whether the webhook has rules for a kind: then, and only then, it asks what holds in the namespace."""
    try:
        evaluate(request_about(kind), UNREACHABLE, side)
    except StewardError:
        return True
    return False


@pytest.mark.parametrize("kind", KINDS.values())
def test_the_webhook_is_asked_about_what_it_has_rules_for_and_nothing_else(mutating, validating, kind):
    assert is_looked_at("mutate", kind) is (kind in {KINDS[resource] for resource in mutating()})
    assert is_looked_at("validate", kind) is (kind in {KINDS[resource] for resource in validating(profiles=DENYING)})


def failure_policy_assumed(side: Side, kind: str) -> str:
    """What the webhook answers about a kind when it cannot find an answer."""
    review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request_about(kind)}
    answer = orjson.loads(Admission(UNREACHABLE).respond(side, orjson.dumps(review)))
    return "Ignore" if answer["response"]["allowed"] else "Fail"


def test_the_failure_policies_that_the_webhook_assumes_are_those_rendered(mutating, validating):
    for resource, webhook in mutating().items():
        assert failure_policy_assumed("mutate", KINDS[resource]) == webhook["failurePolicy"]
    assert failure_policy_assumed("validate", "Pod") == validating(profiles=DENYING)["pods"]["failurePolicy"]


@pytest.mark.parametrize("resource", ["persistentvolumeclaims", "pods"])
def test_only_opted_in_namespaces_are_asked_about_and_never_those_the_cluster_needs(mutating, resource):
    selector = mutating(webhook={"excludedNamespaces": ["legacy"]})[resource]["namespaceSelector"]
    assert selector["matchLabels"] == {"nfs-steward.io/inject": "enabled"}
    (expression,) = selector["matchExpressions"]
    assert (expression["key"], expression["operator"]) == ("kubernetes.io/metadata.name", "NotIn")
    assert expression["values"] == ["kube-system", "kube-node-lease", "storage", "legacy"]


def test_volumes_are_in_no_namespace_so_that_of_their_claim_decides(mutating):
    webhook = mutating(webhook={"excludedNamespaces": ["legacy"]})["persistentvolumes"]
    assert "namespaceSelector" not in webhook
    excluded = json.dumps(["kube-system", "kube-node-lease", "storage", "legacy"], separators=(",", ":"))
    assert f"!(object.spec.claimRef.namespace in {excluded})" in expressions(webhook)


def test_no_object_can_opt_out_of_being_asked_about(mutating, validating):
    webhooks = [*mutating().values(), *validating(profiles=DENYING).values()]
    assert [webhook for webhook in webhooks if "objectSelector" in webhook] == []


def test_every_entry_is_safe_for_dry_runs_and_reaches_the_service(render, mutating, validating):
    service = render(webhook={"service": {"port": 8443}})["Service", "nfs-steward-webhook"]
    sides = {"/mutate": mutating, "/validate": validating}
    for path, entries in sides.items():
        for webhook in entries(webhook={"service": {"port": 8443}}, profiles=DENYING).values():
            assert webhook["sideEffects"] == "None"
            assert webhook["admissionReviewVersions"] == ["v1"]
            assert webhook["clientConfig"] == {
                "service": {
                    "name": service["metadata"]["name"],
                    "namespace": service["metadata"]["namespace"],
                    "path": path,
                    "port": 8443,
                }
            }
    assert [port["port"] for port in service["spec"]["ports"]] == [8443]


def test_claims_are_always_asked_about_and_the_rest_only_where_it_may_matter(mutating):
    entries = mutating()
    assert "matchConditions" not in entries["persistentvolumeclaims"]
    for wanted in ("has(v.nfs)", "has(v.ephemeral)", "v.csi.driver == 'nfs.csi.k8s.io'"):
        assert wanted in expressions(entries["pods"])
    for wanted in ("has(object.spec.nfs)", "object.spec.csi.driver == 'nfs.csi.k8s.io'", "has(object.spec.claimRef)"):
        assert wanted in expressions(entries["persistentvolumes"])
    for unwanted in ("object.spec.mountOptions.size() == 0", "volume.beta.kubernetes.io/mount-options"):
        assert unwanted in expressions(entries["persistentvolumes"])


@pytest.mark.parametrize(
    ("profiles", "there"),
    [
        pytest.param([PROFILE], False, id="nothing is refused"),
        pytest.param([{**PROFILE, "inlineVolumes": "csi"}], False, id="volumes are rewritten"),
        pytest.param([{**PROFILE, "inlinePaths": []}], False, id="an empty list of paths"),
        pytest.param(DENYING, True, id="inline volumes are refused"),
        pytest.param([{**PROFILE, "inlinePaths": ["/nfs/data/x"]}], True, id="paths are refused"),
        pytest.param([PROFILE, {"name": "strict", "inlineVolumes": "deny"}], True, id="by another profile"),
        pytest.param([{**PROFILE, "overQuota": "readOnly"}], False, id="claims over their size become read-only"),
        pytest.param(
            [PROFILE, {"name": "strict", "overQuota": "block"}], True, id="claims over their size are refused"
        ),
    ],
)
def test_the_refusing_side_is_there_only_when_a_profile_refuses_something(render, profiles, there):
    assert (("ValidatingWebhookConfiguration", "nfs-steward") in render(profiles=profiles)) is there


@pytest.mark.parametrize("policy", ["Fail", "Ignore"])
def test_what_happens_to_pods_while_nobody_can_refuse_them_is_a_value(validating, policy):
    webhook = validating(profiles=DENYING, webhook={"validatingFailurePolicy": policy})["pods"]
    assert webhook["failurePolicy"] == policy
    assert "has(v.nfs)" in expressions(webhook)


@pytest.mark.parametrize(
    ("profiles", "mutating_too", "validating_too"),
    [
        pytest.param(DENYING, False, False, id="none acts on claims"),
        pytest.param([*DENYING, {"name": "soft", "overQuota": "readOnly"}], True, False, id="one makes them read-only"),
        pytest.param([*DENYING, {"name": "hard", "overQuota": "block"}], False, True, id="one refuses them"),
    ],
)
def test_pods_with_claims_are_asked_about_once_a_profile_acts_on_claims_over_their_size(
    mutating, validating, profiles, mutating_too, validating_too
):
    sides = ((mutating, mutating_too), (validating, validating_too))
    for entries, wanted in sides:
        assert ("has(v.persistentVolumeClaim)" in expressions(entries(profiles=profiles)["pods"])) is wanted
