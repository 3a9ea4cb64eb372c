"""Webhook configurations as a chart renders them, without a bundle."""

from kube import resources
from policy.shapes import Json

KINDS = {each.kind: each for each in (resources.MUTATING_CONFIGURATIONS, resources.VALIDATING_CONFIGURATIONS)}


def configuration(kind: str, name: str, namespace: str, *entries: str) -> Json:
    """One that calls the Service `NAME-webhook`, with these entries; it is about claims of namespaces with the label
    `called-by: NAME`, and refuses them where the webhook cannot be reached.
    """
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": name},
        "webhooks": [_entry(kind, entry, name, namespace) for entry in entries],
    }


def _entry(kind: str, entry: str, name: str, namespace: str) -> Json:
    path = "/mutate" if kind == "MutatingWebhookConfiguration" else "/validate"
    return {
        "name": entry,
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Fail",
        "timeoutSeconds": 10,
        "clientConfig": {"service": {"name": f"{name}-webhook", "namespace": namespace, "path": path}},
        "namespaceSelector": {"matchLabels": {"called-by": name}},
        "rules": [
            {
                "apiGroups": [""],
                "apiVersions": ["v1"],
                "operations": ["CREATE"],
                "resources": ["persistentvolumeclaims"],
            }
        ],
    }
